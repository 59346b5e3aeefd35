-- Test events that measure how long an event takes until it can be read. They stand in no other table, so that none of
-- them can be anybody's act. Whole days go.
CREATE TABLE event_canary (
    workspace_id UInt32,
    shard UInt8,
    batch_id UInt64,
    ordinal UInt32,
    message_id String,
    written_on Date DEFAULT today()
)
ENGINE = MergeTree
PARTITION BY written_on
ORDER BY (workspace_id, shard, batch_id)
TTL written_on + INTERVAL 2 DAY
SETTINGS ttl_only_drop_parts = 1;
