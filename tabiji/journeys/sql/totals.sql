-- Of every journey: how many people entered in the period, and how many of them reached the goal.
SELECT ref, uniqExact(who) AS entered, uniqExactIf(who, outcome = 'goal') AS goal
FROM (
    SELECT ref, if(notEmpty(owner), owner, told.person) AS who, entered, outcome
    FROM (
        SELECT ref, person_id AS person, JSONExtractUInt(detail, 'enrolment') AS enrolment,
               minIf(toUnixTimestamp64Milli(occurred_at), new = 'active') AS entered,
               argMaxIf(new, (batch_id, ordinal), new != 'active') AS outcome
        FROM person_change
        WHERE workspace_id = {workspace:UInt32} AND kind = 'journey'
            AND batch_id <= {through:Array(UInt64)}[shard + 1]
        GROUP BY ref, person_id, enrolment
    ) AS told
    LEFT ANY JOIN owners ON owners.subject_id = told.person
    WHERE entered > 0 AND entered >= {start:Int64} AND entered < {end:Int64}
        AND who NOT IN (SELECT person_id FROM left_out)
)
GROUP BY ref
