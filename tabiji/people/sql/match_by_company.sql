-- People by company key and full name; the one known longest where there are several.
SELECT DISTINCT ON (n.key, n.last_name, n.first_name) n.key, n.last_name, n.first_name, p.id
FROM unnest(%s::text[], %s::text[], %s::text[]) AS n(key, last_name, first_name)
JOIN company c ON c.workspace_id = (SELECT current_ws()) AND c.key = n.key
JOIN person p ON p.company_id = c.id AND p.last_name = n.last_name AND p.first_name = n.first_name
             AND p.merged_into IS NULL
ORDER BY n.key, n.last_name, n.first_name, p.created_at
