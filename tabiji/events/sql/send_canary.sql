-- This workspace's test event is under way from now on; nothing where another worker has just sent one.
INSERT INTO event_canary AS c (workspace_id, message_id, sent_at)
VALUES (%(workspace)s, %(message)s, clock_timestamp())
ON CONFLICT (workspace_id) DO UPDATE
SET message_id = excluded.message_id, sent_at = excluded.sent_at, read_at = NULL
WHERE c.sent_at <= statement_timestamp() - %(every)s::interval
