-- The newest events of one name in the order in which they were stored, of those that arrived since a moment.
SELECT batch_id, shard, ordinal, subject_id, toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(received_at),
       toString(machine), toString(source), path, title, toJSONString(props)
FROM event
WHERE workspace_id = {workspace:UInt32} AND name = {name:String}
    AND received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND batch_id <= {through:Array(UInt64)}[shard + 1]
ORDER BY received_at DESC, batch_id DESC, ordinal DESC
LIMIT {limit:UInt32}
