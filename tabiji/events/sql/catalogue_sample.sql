-- What the newest events of one name carried, of one event in so many.
SELECT toJSONString(props)
FROM event
WHERE workspace_id = {workspace:UInt32} AND name = {name:String} AND cityHash64(message_id) % {thin:UInt32} = 0
    AND toUnixTimestamp64Milli(occurred_at) >= {start:Int64}
ORDER BY occurred_at DESC
LIMIT {limit:UInt32}
