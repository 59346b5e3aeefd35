-- Calls brought from elsewhere, each with the task that it was.
WITH n AS (
    SELECT * FROM unnest(%(id)s::bigint[], %(keys)s::text[], %(task_id)s::bigint[], %(person_id)s::uuid[],
                         %(user_id)s::bigint[], %(at)s::timestamptz[], %(seconds)s::integer[], %(result)s::text[],
                         %(note)s::text[])
        AS n(id, key, task, person, caller, at, seconds, result, note)
), done AS (
    INSERT INTO task (id, workspace_id, person_id, kind, title, owner_id, due_at, minutes, state, made_at, done_at)
    SELECT n.task, %(workspace)s, n.person, 'call', '', n.caller, n.at, (n.seconds + 59) / 60, 'done', n.at, n.at
    FROM n ORDER BY n.task
)
INSERT INTO call (id, workspace_id, external_key, task_id, person_id, user_id, at, seconds, result, note)
SELECT n.id, %(workspace)s, n.key, n.task, n.person, n.caller, n.at, n.seconds, n.result, n.note
FROM n ORDER BY n.id
