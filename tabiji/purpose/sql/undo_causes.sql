-- Take back what these causes had counted; a later undoing only, and each once.
UPDATE conversion c
SET undone_at = n.at, hops = n.hops
FROM unnest(%(rules)s::bigint[], %(causes)s::text[], %(ats)s::timestamptz[], %(hops)s::smallint[])
    AS n(rule, cause, at, hops)
WHERE c.rule_id = n.rule AND c.cause = n.cause AND c.undone_at IS NULL AND c.occurred_at <= n.at
RETURNING c.rule_id, c.cause, c.person_id, c.undone_at, c.value, c.line, c.initiative_id, c.hops
