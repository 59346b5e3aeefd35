-- How the mails of each arm ended: of every person and mail the last message that the journey sent after the branch.
SELECT traveller.port AS port, mail.mail_id AS mail_id, mail.who AS who,
       argMax(mail.outcome, (mail.at, mail.message)) AS outcome
FROM (
    {travellers}
) AS traveller
INNER JOIN (
    SELECT if(notEmpty(owner), owner, person) AS who, told.message AS message, told.mail_id AS mail_id,
           told.at AS at, told.outcome AS outcome
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
) AS mail ON mail.who = traveller.who
WHERE traveller.place = 'arm' AND mail.at >= traveller.branched
GROUP BY port, mail_id, who
