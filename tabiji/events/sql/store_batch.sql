-- The stored decision of a new, open batch.
INSERT INTO event_batch (workspace_id, shard, batch_id, n_events, n_changes, oldest, decision)
VALUES (%(workspace)s, %(shard)s, %(batch)s, %(events)s, %(changes)s, %(oldest)s, %(decision)s)
