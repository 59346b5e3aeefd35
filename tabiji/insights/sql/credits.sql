-- Each contract of the period with the touch by an initiative that came last within the window before it:
-- (when, whether a click, initiative), zeros where there is none. Of touches at one moment a click goes
-- before a step, and the younger initiative before the older.
SELECT contract.cause AS cause, contract.who AS who, contract.at AS at, contract.value AS value,
       contract.line AS line, contract.initiative AS initiative,
       maxIf((touch.at, touch.is_click, touch.initiative),
             touch.at <= contract.at AND touch.at >= contract.at - {window:Int64}) AS last
FROM (
    SELECT cause, who, at, value, line, initiative
    FROM conversions
    WHERE at >= {start:Int64} AND at < {end:Int64}
) AS contract
LEFT JOIN (
    SELECT if(notEmpty(owner), owner, subject) AS who, told.at AS at, told.is_click AS is_click,
           told.initiative AS initiative
    FROM (
        SELECT person_id AS subject, toUnixTimestamp64Milli(occurred_at) AS at, false AS is_click,
               initiative_id AS initiative
        FROM person_change
        WHERE workspace_id = {workspace:UInt32} AND kind = 'step' AND initiative_id > 0
            AND batch_id <= {through:Array(UInt64)}[shard + 1]
        UNION ALL
        SELECT subject_id AS subject,
               ifNull(toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(toString(props.clicked_at), 3)),
                      toUnixTimestamp64Milli(occurred_at)) AS at,
               true AS is_click, toUInt64OrZero(toString(props.initiative_id)) AS initiative
        FROM event
        WHERE workspace_id = {workspace:UInt32} AND name = 'click_judged' AND machine = ''
            AND source NOT IN ('web', 'server') AND batch_id <= {through:Array(UInt64)}[shard + 1]
            AND toString(props.verdict) = 'human' AND toString(props.link_kind) = 'content' AND initiative > 0
    ) AS told
    LEFT ANY JOIN owners ON owners.subject_id = told.subject
) AS touch ON touch.who = contract.who
GROUP BY cause, who, at, value, line, initiative
