-- What these visitors had done now counts for the people they became; under a `once` rule the first of it.
WITH waiting AS (
    SELECT c.id, n.person,
           NOT c.once
           OR (row_number() OVER (PARTITION BY c.rule_id, n.person ORDER BY c.occurred_at, c.id) = 1
               AND NOT EXISTS (SELECT 1 FROM conversion o WHERE o.rule_id = c.rule_id
                               AND o.person_id = n.person AND o.once AND o.undone_at IS NULL)) AS counts
    FROM unnest(%(subjects)s::uuid[], %(people)s::uuid[]) AS n(subject, person)
    JOIN conversion c ON c.subject_id = n.subject AND c.person_id IS NULL
)
UPDATE conversion c
SET person_id = w.person
FROM waiting w
WHERE c.id = w.id AND w.counts
RETURNING c.rule_id, c.cause, c.person_id, c.occurred_at, c.value, c.line, c.initiative_id, c.hops
