-- Of many initiatives at once: how many entered their journeys in the period, and how many reached the goal there.
-- The same people as in `travellers`: each once for an initiative, by the last entry.
SELECT initiative, count() AS people,
       countIf(if(goal = '', ending = 'goal', arrayExists(m -> m >= came AND (gone = 0 OR m <= gone), goals))) AS reached
FROM (
    SELECT initiative, who, max((entered, enrolment)) AS last, last.1 AS came,
           argMax(ended, (entered, enrolment)) AS gone, argMax(outcome, (entered, enrolment)) AS ending,
           transform(initiative, {initiatives:Array(UInt64)}, {goals:Array(String)}, '') AS goal
    FROM (
        SELECT initiative, if(notEmpty(owner), owner, person) AS who, enrolment, entered, ended, outcome
        FROM (
            SELECT initiative_id AS initiative, person_id AS person,
                   JSONExtractUInt(detail, 'enrolment') AS enrolment,
                   minIf(toUnixTimestamp64Milli(occurred_at), new = 'active') AS entered,
                   maxIf(toUnixTimestamp64Milli(occurred_at), new != 'active') AS ended,
                   argMaxIf(new, (batch_id, ordinal), new != 'active') AS outcome
            FROM person_change
            WHERE workspace_id = {workspace:UInt32} AND kind = 'journey'
                AND initiative_id IN {initiatives:Array(UInt64)}
                AND transform(initiative_id, {initiatives:Array(UInt64)}, {journeys:Array(String)}, '') IN ('', ref)
                AND batch_id <= {through:Array(UInt64)}[shard + 1]
            GROUP BY initiative_id, ref, person_id, enrolment
        ) AS told
        LEFT ANY JOIN owners ON owners.subject_id = told.person
        WHERE entered >= {start:Int64} AND entered < {end:Int64} AND entered > 0
            AND who NOT IN (SELECT person_id FROM left_out)
    )
    GROUP BY initiative, who
) AS entry
LEFT ANY JOIN (
    SELECT who, key, groupArray(at) AS goals FROM conversions GROUP BY who, key
) AS reached ON reached.who = entry.who AND reached.key = entry.goal
GROUP BY initiative
