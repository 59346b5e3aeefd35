-- Finished batches of a stream from a number on, in order: number, day of closing, events, changes.
SELECT b.batch_id, (b.closed_at AT TIME ZONE 'UTC')::date, b.n_events, b.n_changes
FROM event_batch b
WHERE b.workspace_id = %(workspace)s AND b.shard = %(shard)s AND NOT b.is_open
    AND b.batch_id > %(after)s AND b.batch_id < %(before)s
    AND b.closed_at <= statement_timestamp() - %(keep)s
    AND NOT EXISTS (SELECT FROM parked_batch p
                    WHERE %(archiving)s AND p.workspace_id = b.workspace_id AND p.shard = b.shard
                        AND p.batch_id = b.batch_id AND p.settled_at IS NULL)
ORDER BY b.batch_id
LIMIT 2000
