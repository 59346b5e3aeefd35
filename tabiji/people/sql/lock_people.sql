-- Lock these people, in order of id so that two writers never wait for each other in a ring.
SELECT p.id, p.last_name, p.first_name, p.last_kana, p.first_kana, p.email, p.phone, p.department, p.title,
       p.source, p.owner_id, p.company_id, p.fields, p.field_clock,
       (SELECT c.name FROM company c WHERE c.id = p.company_id) AS company
FROM person p
WHERE p.id = ANY(%s)
ORDER BY p.id
FOR UPDATE OF p
