-- The people of an initiative's journeys, each by the last entry of the period: where it led and what came of it.
SELECT entry.who AS who, came AS entered, gone AS ended, told_version AS version, port, branched,
       if({goal:String} = '', ending = 'goal',
          arrayExists(m -> m >= came AND (gone = 0 OR m <= gone), goals)) AS reached_goal,
       multiIf(port != '', 'arm', reached_goal, 'early_goal', gone > 0, 'left_before', 'waiting') AS place
FROM (
    SELECT who, max((entered, enrolment)) AS last, last.1 AS came, last.2 AS last_enrolment,
           argMax(ended, (entered, enrolment)) AS gone, argMax(outcome, (entered, enrolment)) AS ending,
           argMax(version, (entered, enrolment)) AS told_version
    FROM (
        SELECT if(notEmpty(owner), owner, person) AS who, enrolment, entered, ended, outcome, version
        FROM (
            SELECT person_id AS person, JSONExtractUInt(detail, 'enrolment') AS enrolment,
                   minIf(toUnixTimestamp64Milli(occurred_at), new = 'active') AS entered,
                   maxIf(toUnixTimestamp64Milli(occurred_at), new != 'active') AS ended,
                   argMaxIf(new, (batch_id, ordinal), new != 'active') AS outcome,
                   max(JSONExtractUInt(detail, 'version')) AS version
            FROM person_change
            WHERE workspace_id = {workspace:UInt32} AND kind = 'journey' AND initiative_id = {initiative:UInt64}
                AND ({journey:String} = '' OR ref = {journey:String})
                AND batch_id <= {through:Array(UInt64)}[shard + 1]
            GROUP BY ref, person_id, enrolment
        ) AS told
        LEFT ANY JOIN owners ON owners.subject_id = told.person
        WHERE entered >= {start:Int64} AND entered < {end:Int64} AND entered > 0
            AND who NOT IN (SELECT person_id FROM left_out)
    )
    GROUP BY who
) AS entry
LEFT ANY JOIN (
    SELECT if(notEmpty(owner), owner, person) AS who, enrolment, port, branched
    FROM (
        SELECT person_id AS person, JSONExtractUInt(detail, 'enrolment') AS enrolment,
               argMin(new, (batch_id, ordinal)) AS port,
               min(toUnixTimestamp64Milli(occurred_at)) AS branched
        FROM person_change
        WHERE workspace_id = {workspace:UInt32} AND kind = 'step' AND ref = {branch:String}
            AND batch_id <= {through:Array(UInt64)}[shard + 1]
        GROUP BY person_id, enrolment
    ) AS told
    LEFT ANY JOIN owners ON owners.subject_id = told.person
) AS way ON way.who = entry.who AND way.enrolment = entry.last_enrolment
LEFT ANY JOIN (
    SELECT who, groupArray(at) AS goals FROM conversions GROUP BY who
) AS reached ON reached.who = entry.who
