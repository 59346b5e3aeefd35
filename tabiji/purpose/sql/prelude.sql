-- Which conversions count: a table after those of `events.heads`.
, conversions AS (
    -- A cause counts if what was said of it last is `counted`; a `once` key at most once for a person.
    SELECT key, cause, if(notEmpty(owner), owner, person) AS who, at, value, line, initiative
    FROM (
        SELECT ref AS key, cause,
               argMax(person_id, (batch_id, ordinal)) AS person,
               argMax(toUnixTimestamp64Milli(occurred_at), (batch_id, ordinal)) AS at,
               argMax(number, (batch_id, ordinal)) AS value,
               argMax(JSONExtractString(detail, 'line'), (batch_id, ordinal)) AS line,
               argMax(initiative_id, (batch_id, ordinal)) AS initiative
        FROM person_change
        WHERE workspace_id = {workspace:UInt32} AND kind = 'conversion' AND ref IN {keys:Array(String)}
            AND batch_id <= {through:Array(UInt64)}[shard + 1]
        GROUP BY ref, cause
        HAVING argMax(new, (batch_id, ordinal)) = 'counted'
    ) AS told
    LEFT ANY JOIN owners ON owners.subject_id = told.person
    WHERE who NOT IN (SELECT person_id FROM left_out)
    ORDER BY at, cause
    LIMIT 1 BY key, if(key IN {once_keys:Array(String)}, toString(who), cause)
)
