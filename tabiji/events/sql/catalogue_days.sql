-- Acts of these names by local day, and how many of them were a machine's.
SELECT toString(name), toInt32(toDate(toTimeZone(occurred_at, {zone:String}))) AS day, count(), countIf(machine != '')
FROM event
WHERE workspace_id = {workspace:UInt32} AND name IN {names:Array(String)}
    AND toUnixTimestamp64Milli(occurred_at) >= {start:Int64} AND toUnixTimestamp64Milli(occurred_at) < {end:Int64}
GROUP BY name, day
