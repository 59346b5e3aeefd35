-- How many stored rows of a batch are those of the file that travels along.
SELECT count()
FROM person_change
WHERE workspace_id = {workspace_id:UInt32} AND shard = {shard:UInt8} AND batch_id = {first:UInt64}
    AND (ordinal, person_id, kind, ref, new) IN (
        SELECT ordinal, person_id, kind, ref, new FROM piece WHERE batch_id = {first:UInt64})
