-- One person's acts since a moment, added up by local day; stages, appointments and the first act of all time one by one.
SELECT min(at) AS first, is_change, who, name, any(ref), any(new), any(number), actor, argMax(title, at), any(detail),
       count() AS times
FROM (
    SELECT toUnixTimestamp64Milli(occurred_at) AS at, toUInt8(0) AS is_change, subject_id AS who,
           toString(name) AS name, '' AS ref, '' AS new, toFloat64(0) AS number, 'person' AS actor, title,
           multiIf(name = 'click_judged', concat('{"verdict":"', toString(props.verdict), '"}'),
                   toString(props.channel) != '', concat('{"channel":', toJSONString(toString(props.channel)), '}'),
                   '') AS detail,
           concat(detail, toString(toDate(toTimeZone(occurred_at, {zone:String})))) AS pile
    FROM event
    WHERE workspace_id = {workspace:UInt32} AND subject_id IN {subjects:Array(UUID)} AND machine = ''
        AND batch_id <= {through:Array(UInt64)}[shard + 1]
        AND (toUnixTimestamp64Milli(occurred_at) >= {start:Int64} OR subject_id NOT IN {people:Array(UUID)})
    UNION ALL
    SELECT toUnixTimestamp64Milli(occurred_at) AS at, toUInt8(1) AS is_change, person_id AS who,
           toString(kind) AS name, ref, new, number, toString(actor) AS actor, '' AS title,
           if(kind = 'hand_over', detail, '') AS detail,
           if(kind IN ('stage', 'appointment'), concat(ref, toString(occurred_at), new),
              concat(new, toString(toDate(toTimeZone(occurred_at, {zone:String}))))) AS pile
    FROM person_change
    WHERE workspace_id = {workspace:UInt32} AND person_id IN {people:Array(UUID)}
        AND kind IN ('stage', 'appointment', 'message', 'consent', 'call', 'hand_over', 'deal')
        AND batch_id <= {through:Array(UInt64)}[shard + 1]
        AND (kind IN ('stage', 'appointment') OR toUnixTimestamp64Milli(occurred_at) >= {start:Int64})
)
GROUP BY is_change, who, name, actor, pile
ORDER BY first
