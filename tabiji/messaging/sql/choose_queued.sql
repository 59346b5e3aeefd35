-- Decided messages whose time has come, most urgent first. Rows that another sender holds are passed over, and
-- so are people who are changing at this moment (an unsubscribe on its way holds its person): a sender never
-- waits with messages in its hands. Of a person who was merged, the one they are now is held too. What it holds,
-- nobody can change before the claim is committed. (CASE and not coalesce, so that row security lets the
-- index be asked.)
SELECT m.id
FROM message m
JOIN person p ON p.id = m.person_id
JOIN person owner ON owner.id = CASE WHEN p.merged_into IS NULL THEN p.id ELSE p.merged_into END
WHERE m.workspace_id = (SELECT current_ws()) AND m.state IN ('queued', 'deferred')
  AND (m.next_at IS NULL OR m.next_at <= statement_timestamp())
ORDER BY m.priority, m.id
LIMIT %(most)s
FOR UPDATE OF m SKIP LOCKED
FOR SHARE OF p, owner SKIP LOCKED
