-- Move claimed enrolments; a fence that rose meanwhile (goal, pause, merge) keeps one where it is.
UPDATE enrolment e
SET node = n.node, is_active = n.active, due_at = n.due, has_waited = n.waited, asked_at = n.asked,
    attempts = n.attempts, arrived_at = n.arrived, last_message_at = n.message, outcome = n.outcome,
    error = n.error, finished_at = CASE WHEN n.active THEN NULL ELSE %(now)s END
FROM unnest(%(ids)s::bigint[], %(fences)s::integer[], %(nodes)s::text[], %(actives)s::boolean[],
            %(dues)s::timestamptz[], %(waited)s::boolean[], %(asked)s::timestamptz[], %(attempts)s::smallint[],
            %(arrived)s::timestamptz[], %(messages)s::timestamptz[], %(outcomes)s::text[], %(errors)s::text[])
     AS n(id, fence, node, active, due, waited, asked, attempts, arrived, message, outcome, error)
WHERE e.id = n.id AND e.fence = n.fence AND e.is_active
RETURNING e.id
