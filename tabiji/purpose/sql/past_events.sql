-- Events that a rule may count, whoever's they are by now; the rule's own condition follows.
SELECT message_id, if(notEmpty(owner), owner, subject) AS who, subject, at, source, props
FROM (
    SELECT message_id, subject_id AS subject, toUnixTimestamp64Milli(occurred_at) AS at, source,
           toJSONString(props) AS props
    FROM event
    WHERE workspace_id = {workspace:UInt32} AND batch_id <= {through:Array(UInt64)}[shard + 1] AND machine = ''
        AND {condition}
) AS told
LEFT ANY JOIN owners ON owners.subject_id = told.subject
