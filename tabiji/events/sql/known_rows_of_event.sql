-- How many stored rows of a batch are those of the file that travels along.
SELECT count()
FROM event
WHERE workspace_id = {workspace_id:UInt32} AND shard = {shard:UInt8} AND batch_id = {first:UInt64}
    AND (ordinal, message_id, subject_id) IN (
        SELECT ordinal, message_id, subject_id FROM piece WHERE batch_id = {first:UInt64})
