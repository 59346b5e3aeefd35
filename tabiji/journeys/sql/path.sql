-- One person's steps through a journey, with those of people who were merged into this one.
SELECT JSONExtractUInt(detail, 'enrolment') AS enrolment, substring(ref, length({journey:String}) + 2) AS node,
       new AS port, toUnixTimestamp64Milli(occurred_at) AS at, (batch_id, ordinal) AS place
FROM person_change
WHERE workspace_id = {workspace:UInt32} AND kind = 'step' AND startsWith(ref, concat({journey:String}, '/'))
    AND batch_id <= {through:Array(UInt64)}[shard + 1]
    AND (person_id = {person:UUID} OR person_id IN (SELECT subject_id FROM owners WHERE owner = {person:UUID}))
