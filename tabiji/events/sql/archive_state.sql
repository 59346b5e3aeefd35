-- Bytes in the archive, and when the oldest finished batch closed that could be there and is not.
SELECT (SELECT coalesce(sum(bytes), 0)::bigint FROM event_archive WHERE state = 'kept'), min(oldest.closed_at)
FROM event_stream s
LEFT JOIN LATERAL (
    SELECT b.closed_at FROM event_batch b
    WHERE b.workspace_id = s.workspace_id AND b.shard = s.shard AND NOT b.is_open
    ORDER BY b.batch_id
    LIMIT 1
) AS oldest ON true
