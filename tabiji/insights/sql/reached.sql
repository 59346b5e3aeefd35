-- People who got a mail of the initiative within the period.
SELECT DISTINCT if(notEmpty(owner), owner, person) AS who
FROM (
    SELECT DISTINCT person_id AS person
    FROM person_change
    WHERE workspace_id = {workspace:UInt32} AND kind = 'message' AND initiative_id = {initiative:UInt64}
        AND new = 'sent' AND batch_id <= {through:Array(UInt64)}[shard + 1]
        AND toUnixTimestamp64Milli(occurred_at) >= {start:Int64}
        AND toUnixTimestamp64Milli(occurred_at) < {end:Int64}
) AS told
LEFT ANY JOIN owners ON owners.subject_id = told.person
WHERE who NOT IN (SELECT person_id FROM left_out)
