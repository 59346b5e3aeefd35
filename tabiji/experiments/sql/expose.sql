-- Remember who got which variant; whoever has one already keeps it. Returns all, and who is new.
WITH asked AS (
    SELECT * FROM unnest(%(people)s::uuid[], %(variants)s::text[], %(ats)s::timestamptz[]) AS a(person, variant, at)
), fresh AS (
    INSERT INTO exposure (workspace_id, experiment_id, person_id, variant, at)
    SELECT %(workspace)s, %(experiment)s, person, variant, at FROM asked ORDER BY person
    ON CONFLICT (experiment_id, person_id) DO NOTHING
    RETURNING person_id, variant, at
)
SELECT person_id, variant, at, true FROM fresh
UNION ALL
SELECT e.person_id, e.variant, e.at, false
FROM asked a JOIN exposure e ON e.experiment_id = %(experiment)s AND e.person_id = a.person
