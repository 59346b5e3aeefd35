-- The people of a split test: the variant that each got first, and whether goal and opening followed.
SELECT exposed.who AS who, exposed.first_variant AS variant, exposed.first_at AS at,
       arrayExists(m -> m >= exposed.first_at AND m < exposed.first_at + {window:Int64}, goals) AS reached_goal,
       arrayExists(m -> m >= exposed.first_at AND m < exposed.first_at + {window:Int64}, opens) AS opened
FROM (
    SELECT who, argMin(variant, (at, place)) AS first_variant, min(at) AS first_at
    FROM (
        SELECT if(notEmpty(owner), owner, person) AS who, told.variant AS variant, told.at AS at, told.place AS place
        FROM (
            SELECT person_id AS person, new AS variant, toUnixTimestamp64Milli(occurred_at) AS at,
                   (batch_id, ordinal) AS place
            FROM person_change
            WHERE workspace_id = {workspace:UInt32} AND kind = {source:String} AND ref = {source_ref:String}
                AND batch_id <= {through:Array(UInt64)}[shard + 1]
        ) AS told
        LEFT ANY JOIN owners ON owners.subject_id = told.person
        WHERE who NOT IN (SELECT person_id FROM left_out)
    )
    GROUP BY who
) AS exposed
LEFT ANY JOIN (
    SELECT who, groupArray(at) AS goals FROM conversions GROUP BY who
) AS goal ON goal.who = exposed.who
LEFT ANY JOIN (
    SELECT if(notEmpty(owner), owner, subject) AS who, groupArray(told.at) AS opens
    FROM (
        SELECT subject_id AS subject, toUnixTimestamp64Milli(occurred_at) AS at
        FROM event
        WHERE workspace_id = {workspace:UInt32} AND name = 'mail_opened' AND machine = ''
            AND source NOT IN ('web', 'server') AND batch_id <= {through:Array(UInt64)}[shard + 1]
            AND (({journey_cause:String} = ''
                  AND toUInt64OrZero(toString(props.initiative_id)) = {initiative:UInt64})
                 OR ({journey_cause:String} != '' AND toString(props.message_id) IN (
                     SELECT ref FROM person_change
                     WHERE workspace_id = {workspace:UInt32} AND kind = 'message' AND cause = {journey_cause:String}
                         AND batch_id <= {through:Array(UInt64)}[shard + 1])))
    ) AS told
    LEFT ANY JOIN owners ON owners.subject_id = told.subject
    GROUP BY who
) AS opening ON opening.who = exposed.who
