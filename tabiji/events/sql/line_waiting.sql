-- One look at the streams: the watermark of each, batches that are open, and changes that no batch has taken yet.
-- Only small rows of changes, the newest 200: people's own acts make those; bulk is left to the processor.
SELECT shard, closed_through, NULL::bytea AS decision, NULL::bytea AS changes
FROM event_stream
UNION ALL
SELECT shard, 0, decision, NULL
FROM event_batch
WHERE is_open
UNION ALL
(SELECT shard, 0, NULL, body
 FROM fact_outbox
 WHERE batch_id IS NULL AND n_changes <= %(small)s
 ORDER BY id DESC
 LIMIT 200)
