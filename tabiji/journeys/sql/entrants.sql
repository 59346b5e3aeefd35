-- The people who entered a journey in a period, one row an enrolment: whose it is by now, how it ended, at which step.
SELECT enrolment, told.person AS person, if(notEmpty(owner), owner, told.person) AS who, entered, outcome, ended_at
FROM (
    SELECT person_id AS person, JSONExtractUInt(detail, 'enrolment') AS enrolment,
           minIf(toUnixTimestamp64Milli(occurred_at), new = 'active') AS entered,
           argMaxIf(new, (batch_id, ordinal), new != 'active') AS outcome,
           argMaxIf(JSONExtractString(detail, 'node'), (batch_id, ordinal), new != 'active') AS ended_at
    FROM person_change
    WHERE workspace_id = {workspace:UInt32} AND kind = 'journey' AND ref = {journey:String}
        AND batch_id <= {through:Array(UInt64)}[shard + 1]
    GROUP BY person_id, enrolment
) AS told
LEFT ANY JOIN owners ON owners.subject_id = told.person
WHERE entered > 0 AND entered >= {start:Int64} AND entered < {end:Int64}
    AND who NOT IN (SELECT person_id FROM left_out)
