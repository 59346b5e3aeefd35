-- Begin to count these causes: new ones, waiting ones whose person is known by now, and undone ones that came
-- true again. A cause counts once for its rule, and under a `once` rule a person counts once.
WITH asked AS (
    SELECT DISTINCT ON (a.rule, a.cause) a.*, r.once
    FROM unnest(%(rules)s::bigint[], %(causes)s::text[], %(people)s::uuid[], %(subjects)s::uuid[],
                %(ats)s::timestamptz[], %(values)s::float8[], %(lines)s::text[], %(initiatives)s::bigint[],
                %(hops)s::smallint[])
        AS a(rule, cause, person, subject, at, value, line, initiative, hops)
    JOIN conversion_rule r ON r.definition_id = a.rule
    ORDER BY a.rule, a.cause, a.at
), again AS (
    UPDATE conversion c
    SET undone_at = NULL, person_id = a.person, occurred_at = a.at, value = a.value, line = a.line,
        initiative_id = a.initiative, hops = a.hops
    FROM asked a
    WHERE c.rule_id = a.rule AND c.cause = a.cause AND a.person IS NOT NULL
        AND (c.person_id IS NULL OR c.undone_at <= a.at)
        AND NOT (c.once AND EXISTS (SELECT 1 FROM conversion o WHERE o.rule_id = c.rule_id
                 AND o.person_id = a.person AND o.once AND o.undone_at IS NULL))
    RETURNING c.rule_id, c.cause, c.person_id, c.occurred_at, c.value, c.line, c.initiative_id, c.hops
), fresh AS (
    INSERT INTO conversion (workspace_id, rule_id, cause, person_id, subject_id, occurred_at, value, line,
                            initiative_id, hops, once)
    SELECT %(workspace)s, rule, cause, person, subject, at, value, line, initiative, hops, once
    FROM asked
    ORDER BY at, cause
    ON CONFLICT DO NOTHING
    RETURNING rule_id, cause, person_id, occurred_at, value, line, initiative_id, hops
)
SELECT * FROM again
UNION ALL
SELECT * FROM fresh WHERE person_id IS NOT NULL
