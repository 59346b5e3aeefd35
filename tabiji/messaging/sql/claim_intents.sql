-- Due wishes of one slice of people, most urgent first; the caller holds the slice. People who are changing at
-- this moment are passed over until the next look: the gate never waits with wishes in its hands.
SELECT m.id, m.person_id, m.mail_id, m.mail_version_id, m.kind, m.source, m.source_id, m.initiative_id, m.node,
       m.hops
FROM message m JOIN person p ON p.id = m.person_id
WHERE m.workspace_id = (SELECT current_ws()) AND m.state = 'intent' AND m.send_after <= %(now)s
  AND (hashtext(m.person_id::text) & 2147483647) %% %(slices)s = %(slice)s
ORDER BY m.priority, m.send_after, m.id
LIMIT %(most)s
FOR UPDATE OF m SKIP LOCKED
FOR SHARE OF p SKIP LOCKED
