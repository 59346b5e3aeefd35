-- Travellers with what became of the mails that the journey sent them after the branch: (mail, outcome), oldest first.
SELECT traveller.who AS who, traveller.place AS place, traveller.port AS port,
       traveller.reached_goal AS reached_goal, traveller.version AS version,
       arrayMap(m -> (m.3, m.4), arraySort(arrayFilter(m -> m.1 >= traveller.branched, told_mails))) AS mails
FROM (
    {travellers}
) AS traveller
LEFT ANY JOIN (
    SELECT if(notEmpty(owner), owner, person) AS who,
           groupArray((told.at, told.message, told.mail_id, told.outcome)) AS told_mails
    FROM (
        SELECT ref AS message, any(person_id) AS person, any(JSONExtractUInt(detail, 'mail_id')) AS mail_id,
               min(toUnixTimestamp64Milli(occurred_at)) AS at,
               argMax(if(new = 'refused', JSONExtractString(detail, 'refusal'), new), (batch_id, ordinal)) AS outcome
        FROM person_change
        WHERE workspace_id = {workspace:UInt32} AND kind = 'message' AND initiative_id = {initiative:UInt64}
            AND cause = {journey_cause:String} AND batch_id <= {through:Array(UInt64)}[shard + 1]
        GROUP BY ref
    ) AS told
    LEFT ANY JOIN owners ON owners.subject_id = told.person
    GROUP BY who
) AS mail ON mail.who = traveller.who
