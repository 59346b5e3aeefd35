-- Ports that nobody took any more since a moment, at steps that people still came to.
SELECT ref, port, last
FROM (
    SELECT ref, new AS port, max(toUnixTimestamp64Milli(occurred_at)) AS last,
           max(max(toUnixTimestamp64Milli(occurred_at))) OVER (PARTITION BY ref) AS last_of_step
    FROM person_change
    WHERE workspace_id = {workspace:UInt32} AND kind = 'step' AND batch_id <= {through:Array(UInt64)}[shard + 1]
        AND new NOT IN ('next', 'exit', '')
    GROUP BY ref, new
)
WHERE last < {since:Int64} AND last_of_step >= {since:Int64}
