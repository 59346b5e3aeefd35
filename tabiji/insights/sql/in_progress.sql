-- People who are in a journey now.
SELECT DISTINCT if(notEmpty(owner), owner, person) AS who
FROM (
    SELECT person_id AS person
    FROM person_value
    WHERE workspace_id = {workspace:UInt32} AND kind = 'journey'
    GROUP BY person_id, ref
    HAVING argMax(value, version) = 'active'
) AS told
LEFT ANY JOIN owners ON owners.subject_id = told.person
WHERE who NOT IN (SELECT person_id FROM left_out)
