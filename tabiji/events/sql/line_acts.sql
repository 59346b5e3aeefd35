-- The newest acts of one person before a moment: events of all their subjects, changes of all their ids, to the watermark.
SELECT at, is_change, who, name, ref, old, new, number, actor, cause, initiative_id, machine, source, path, title,
       referrer, url, detail, batch_id, ordinal
FROM (
    SELECT toUnixTimestamp64Milli(if(name = 'click_judged',
                                     coalesce(parseDateTime64BestEffortOrNull(toString(props.clicked_at), 3, 'UTC'),
                                              occurred_at),
                                     occurred_at)) AS at,
           toUInt8(0) AS is_change, subject_id AS who, toString(name) AS name, message_id AS ref, '' AS old,
           '' AS new, toFloat64(0) AS number, 'person' AS actor, '' AS cause, toUInt64(0) AS initiative_id,
           toString(machine) AS machine, toString(source) AS source, path, title, referrer, url,
           toJSONString(props) AS detail, batch_id, ordinal
    FROM event
    WHERE workspace_id = {workspace:UInt32} AND subject_id IN {subjects:Array(UUID)}
        AND batch_id <= {through:Array(UInt64)}[shard + 1]
    UNION ALL
    SELECT toUnixTimestamp64Milli(occurred_at) AS at, toUInt8(1) AS is_change, person_id AS who,
           toString(kind) AS name, ref, old, new, number, toString(actor) AS actor, cause, initiative_id,
           '' AS machine, '' AS source, '' AS path, '' AS title, '' AS referrer, '' AS url, detail, batch_id, ordinal
    FROM person_change
    WHERE workspace_id = {workspace:UInt32} AND person_id IN {people:Array(UUID)}
        AND batch_id <= {through:Array(UInt64)}[shard + 1]
)
WHERE at < {before:Int64}
ORDER BY at DESC, batch_id DESC, is_change DESC, ordinal DESC
LIMIT {limit:UInt32}
