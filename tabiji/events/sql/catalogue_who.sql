-- Who did these names within some days, everyone under one id and known or not; machines and the excluded left out.
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
