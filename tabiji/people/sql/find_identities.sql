-- Whose identifiers these are, by the unique index on (workspace, kind, value).
SELECT i.kind, i.value, i.person_id
FROM unnest(%s::text[], %s::text[]) AS wanted(kind, value)
JOIN identity i ON i.workspace_id = (SELECT current_ws()) AND i.kind = wanted.kind AND i.value = wanted.value
