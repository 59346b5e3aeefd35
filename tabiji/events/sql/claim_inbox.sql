-- The oldest waiting rows of a stream, up to a number of events, none of another month than the first.
WITH waiting AS (
    SELECT id, received_at, body, n_events,
           sum(n_events) OVER (ORDER BY id) - n_events AS before,
           date_trunc('month', received_at, 'UTC') = date_trunc('month', min(received_at) OVER (), 'UTC') AS same
    FROM (
        SELECT * FROM event_inbox
        WHERE workspace_id = %(workspace)s AND shard = %(shard)s AND batch_id IS NULL
        ORDER BY id LIMIT 4000
    ) oldest
)
SELECT id, received_at, body FROM waiting WHERE before < %(most)s AND same ORDER BY id
