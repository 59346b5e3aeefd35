-- Since when these people stand where they do, and under which version that was judged.
INSERT INTO person_stage (workspace_id, version, person_id, stage, since)
SELECT %s, %s, n.person, n.stage, n.since
FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS n(person, stage, since)
ORDER BY n.person
ON CONFLICT (person_id) DO UPDATE
SET stage = excluded.stage, since = excluded.since, version = excluded.version
