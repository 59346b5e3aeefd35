-- The oldest waiting changes of a stream, up to a number of them.
SELECT id, created_at, body
FROM (
    SELECT id, created_at, body, sum(n_changes) OVER (ORDER BY id) - n_changes AS before
    FROM (
        SELECT * FROM fact_outbox
        WHERE workspace_id = %(workspace)s AND shard = %(shard)s AND batch_id IS NULL
        ORDER BY id LIMIT 4000
    ) oldest
) waiting
WHERE before < %(most)s
ORDER BY id
