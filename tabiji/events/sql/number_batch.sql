-- The next number of a stream; the caller holds the stream alone.
INSERT INTO event_stream (workspace_id, shard, last_batch)
VALUES (%(workspace)s, %(shard)s, 1)
ON CONFLICT (workspace_id, shard) DO UPDATE SET last_batch = event_stream.last_batch + 1
RETURNING last_batch
