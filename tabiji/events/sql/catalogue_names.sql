-- Every name that arrived: volume of all time and since a moment, first and last act; those described and then the most frequent first, with the number of all names and events.
SELECT name, total, recent, first, last, sources, count() OVER () AS names, sum(total) OVER () AS events
FROM (
    SELECT toString(name) AS name, count() AS total,
           countIf(toUnixTimestamp64Milli(occurred_at) >= {start:Int64}) AS recent,
           toUnixTimestamp64Milli(min(occurred_at)) AS first, toUnixTimestamp64Milli(max(occurred_at)) AS last,
           groupUniqArray(20)(toString(source)) AS sources
    FROM event
    WHERE workspace_id = {workspace:UInt32}
    GROUP BY name
)
ORDER BY name IN {described:Array(String)} DESC, total DESC, name
LIMIT {limit:UInt32}
