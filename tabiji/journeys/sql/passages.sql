-- Each passage of a step by the people who entered in the period: by which port, and how their way ended.
SELECT entrant.who AS who, entrant.enrolment AS enrolment, passed.node AS node, passed.port AS port,
       passed.at AS at, entrant.outcome AS outcome
FROM (
    SELECT person_id AS person, JSONExtractUInt(detail, 'enrolment') AS enrolment,
           substring(ref, length({journey:String}) + 2) AS node, new AS port,
           toUnixTimestamp64Milli(occurred_at) AS at
    FROM person_change
    WHERE workspace_id = {workspace:UInt32} AND kind = 'step' AND startsWith(ref, concat({journey:String}, '/'))
        AND batch_id <= {through:Array(UInt64)}[shard + 1]
) AS passed
INNER JOIN (
    {entrants}
) AS entrant ON entrant.person = passed.person AND entrant.enrolment = passed.enrolment
