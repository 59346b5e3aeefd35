-- The files of the first archived batches after a number, in the order in which they were written.
SELECT first_batch, last_batch, relation, path, rows, checksum
FROM event_archive
WHERE workspace_id = %(workspace)s AND shard = %(shard)s AND state = 'kept'
    AND first_batch = (SELECT min(first_batch) FROM event_archive
                       WHERE workspace_id = %(workspace)s AND shard = %(shard)s AND state = 'kept'
                           AND first_batch > %(after)s)
ORDER BY id
