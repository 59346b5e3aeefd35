-- Who did these names within some days, everyone under one id and known or not; machines and the excluded left out.
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
)
SELECT DISTINCT name, who, who IN (SELECT person_id FROM person WHERE workspace_id = {workspace:UInt32}) AS is_known
FROM (
    SELECT name, if(notEmpty(owner), owner, subject) AS who
    FROM (
        SELECT DISTINCT toString(name) AS name, subject_id AS subject
        FROM event
        WHERE workspace_id = {workspace:UInt32} AND name IN {names:Array(String)} AND machine = ''
            AND toUnixTimestamp64Milli(occurred_at) >= {start:Int64}
            AND toUnixTimestamp64Milli(occurred_at) < {end:Int64}
    ) AS did
    LEFT ANY JOIN owners ON owners.subject_id = did.subject
)
WHERE who NOT IN (SELECT person_id FROM left_out)
