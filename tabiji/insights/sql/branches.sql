-- Steps of these initiatives' journeys at which people went different ways, with how many came there.
SELECT initiative_id AS initiative, ref, uniqExact(person_id) AS people, min(occurred_at) AS first
FROM person_change
WHERE workspace_id = {workspace:UInt32} AND kind = 'step' AND initiative_id IN {initiatives:Array(UInt64)}
    AND batch_id <= {through:Array(UInt64)}[shard + 1]
GROUP BY initiative_id, ref
HAVING arrayExists(port -> port NOT IN ('next', 'exit', ''), groupUniqArray(new))
