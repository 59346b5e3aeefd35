-- Everyone with the moments (ms) at which they reached each step, in order; 0 where they did not.
SELECT who, {moments}
FROM (
    SELECT if(notEmpty(owner), owner, subject) AS who, hits.*
    FROM (
        SELECT subject_id AS subject, toUnixTimestamp64Milli(occurred_at) AS at, {event_steps}
        FROM event
        WHERE workspace_id = {workspace:UInt32} AND batch_id <= {through:Array(UInt64)}[shard + 1] AND machine = ''
            AND occurred_at >= fromUnixTimestamp64Milli({start:Int64})
            AND occurred_at < fromUnixTimestamp64Milli({end:Int64})
            AND {any_event}
        UNION ALL
        SELECT person_id AS subject, toUnixTimestamp64Milli(occurred_at) AS at, {change_steps}
        FROM person_change
        WHERE workspace_id = {workspace:UInt32} AND batch_id <= {through:Array(UInt64)}[shard + 1]
            AND occurred_at >= fromUnixTimestamp64Milli({start:Int64})
            AND occurred_at < fromUnixTimestamp64Milli({end:Int64})
            AND {any_change}
    ) AS hits
    LEFT ANY JOIN owners ON owners.subject_id = hits.subject
)
WHERE who NOT IN (SELECT person_id FROM left_out)
GROUP BY who
HAVING {first_reached}
