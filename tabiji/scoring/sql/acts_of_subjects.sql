-- What these subjects did themselves (no machine), of the names that rules ask for, oldest first.
SELECT subject_id, message_id, name, occurred_at, source, path, url, title, referrer, toJSONString(props)
FROM event
WHERE workspace_id = {workspace:UInt32} AND name IN {names:Array(String)}
    AND subject_id IN {subjects:Array(UUID)} AND machine = ''
ORDER BY occurred_at, batch_id, ordinal
