-- The tables of every number: whose a subject is by now, who is left out, and which conversions count.
WITH owners AS (
    SELECT subject_id, argMax(person_id, version) AS owner
    FROM identity_override
    WHERE workspace_id = {workspace:UInt32}
    GROUP BY subject_id
), left_out AS (
    SELECT person_id
    FROM (
        SELECT person_id, lower(argMax(email, version)) AS address
        FROM person
        WHERE workspace_id = {workspace:UInt32}
            AND length({left_out_emails:Array(String)}) + length({left_out_domains:Array(String)}) > 0
        GROUP BY person_id
    )
    WHERE has({left_out_emails:Array(String)}, address)
        OR has({left_out_domains:Array(String)}, substringIndex(address, '@', -1))
), conversions AS (
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
