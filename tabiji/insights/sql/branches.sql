-- Steps of the initiative's journeys at which people went different ways, with how many came there.
SELECT ref, uniqExact(person_id) AS people, min(occurred_at) AS first
FROM person_change
WHERE workspace_id = {workspace:UInt32} AND kind = 'step' AND initiative_id = {initiative:UInt64}
    AND batch_id <= {through:Array(UInt64)}[shard + 1]
GROUP BY ref
HAVING arrayExists(port -> port NOT IN ('next', 'exit', ''), groupUniqArray(new))
