-- Messages that left within a span of time: one row for each.
SELECT toUInt64OrZero(message) AS message_id, if(notEmpty(owner), owner, person) AS who
FROM (
    SELECT ref AS message, any(person_id) AS person
    FROM person_change
    WHERE workspace_id = {workspace:UInt32} AND kind = 'message' AND new = 'sent'
        AND batch_id <= {through:Array(UInt64)}[shard + 1]
        AND toUnixTimestamp64Milli(occurred_at) >= {start:Int64}
        AND toUnixTimestamp64Milli(occurred_at) < {end:Int64}
    GROUP BY ref
) AS told
LEFT ANY JOIN owners ON owners.subject_id = told.person
