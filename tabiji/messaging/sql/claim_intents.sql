-- Due wishes of one slice of people, most urgent first; the caller holds the slice.
SELECT id, person_id, mail_id, mail_version_id, kind, source, source_id, initiative_id, node, hops
FROM message
WHERE workspace_id = (SELECT current_ws()) AND state = 'intent' AND send_after <= %(now)s
  AND abs(hashtext(person_id::text)) %% %(slices)s = %(slice)s
ORDER BY priority, send_after, id
LIMIT %(most)s
FOR UPDATE SKIP LOCKED
