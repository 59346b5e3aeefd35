-- Claim those still due whom nobody else holds; grouped by version and node for the engine.
SELECT id, journey_id, version_id, node, person_id, due_at, entered_at, arrived_at, has_waited, last_message_at,
       asked_at, hops, fence, attempts
FROM enrolment
WHERE id = ANY(%(ids)s) AND is_active AND due_at <= %(now)s
ORDER BY version_id, node
FOR UPDATE SKIP LOCKED
