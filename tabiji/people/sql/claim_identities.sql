-- Claim identifiers in sorted order; a competing claim is waited for, and wins if it committed first.
INSERT INTO identity (workspace_id, kind, value, person_id, since)
SELECT %(workspace)s, n.kind, n.value, n.person, %(at)s
FROM unnest(%(kinds)s::text[], %(values)s::text[], %(people)s::uuid[]) AS n(kind, value, person)
ORDER BY n.kind, n.value
ON CONFLICT (workspace_id, kind, value) DO NOTHING
RETURNING kind, value
