-- Clicks on the initiative's mails that were judged a machine's, within the period: one row for each.
SELECT message_id, if(notEmpty(owner), owner, subject) AS who, at
FROM (
    SELECT message_id, subject_id AS subject, toUnixTimestamp64Milli(occurred_at) AS at
    FROM event
    WHERE workspace_id = {workspace:UInt32} AND name = 'click_judged' AND source NOT IN ('web', 'server')
        AND batch_id <= {through:Array(UInt64)}[shard + 1] AND toString(props.verdict) = 'machine'
        AND toUInt64OrZero(toString(props.initiative_id)) = {initiative:UInt64}
        AND at >= {start:Int64} AND at < {end:Int64}
) AS told
LEFT ANY JOIN owners ON owners.subject_id = told.subject
WHERE who NOT IN (SELECT person_id FROM left_out)
