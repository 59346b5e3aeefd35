-- Whose a subject is by now, and who is left out of numbers: the first tables of a statement about heads.
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
