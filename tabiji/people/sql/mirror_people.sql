-- Present rows of these people as ClickHouse mirrors them.
SELECT p.id, p.version, p.merged_into IS NOT NULL AS gone, p.created_at, p.last_act_at, p.last_name, p.first_name,
       p.last_kana, p.first_kana, p.email, p.phone, coalesce(p.company_id, 0) AS company_id,
       coalesce(c.name, '') AS company, coalesce(c.industry, '') AS company_industry,
       c.employees AS company_employees, p.department, p.title, coalesce(p.owner_id, 0) AS owner_id, p.source,
       p.stage, p.score, p.fields
FROM person p
LEFT JOIN company c ON c.id = p.company_id
WHERE p.id = ANY(%s)
