-- Changes that a rule may count or that take something back, whoever's they are by now.
SELECT shard, batch_id, ordinal, if(notEmpty(owner), owner, person_id) AS who, kind, ref, old, new, number, at,
       initiative_id, detail
FROM (
    SELECT shard, batch_id, ordinal, person_id, kind, ref, old, new, number,
           toUnixTimestamp64Milli(occurred_at) AS at, initiative_id, detail
    FROM person_change
    WHERE workspace_id = {workspace:UInt32} AND batch_id <= {through:Array(UInt64)}[shard + 1] AND {condition}
) AS told
LEFT ANY JOIN owners ON owners.subject_id = told.person_id
