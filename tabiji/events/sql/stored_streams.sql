-- Of which streams a store holds rows, table by table, and between which batches.
SELECT 'event' AS stored_in, workspace_id, shard, min(batch_id), max(batch_id) FROM event GROUP BY workspace_id, shard
UNION ALL
SELECT 'person_change', workspace_id, shard, min(batch_id), max(batch_id) FROM person_change GROUP BY workspace_id, shard
UNION ALL
SELECT 'person_value', workspace_id, shard, min(batch_id), max(batch_id) FROM person_value GROUP BY workspace_id, shard
UNION ALL
SELECT 'person', workspace_id, shard, min(batch_id), max(batch_id) FROM person GROUP BY workspace_id, shard
UNION ALL
SELECT 'identity_override', workspace_id, shard, min(batch_id), max(batch_id) FROM identity_override
GROUP BY workspace_id, shard
