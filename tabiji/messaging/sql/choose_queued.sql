-- Decided messages whose time has come, most urgent first; rows that another sender holds are passed over.
SELECT id, person_id
FROM message
WHERE workspace_id = (SELECT current_ws()) AND state IN ('queued', 'deferred')
  AND (next_at IS NULL OR next_at <= clock_timestamp())
ORDER BY priority, id
LIMIT %(most)s
FOR UPDATE SKIP LOCKED
