-- Messages that left to these people with these mails, the newest of each last.
SELECT id, person_id, mail_id, initiative_id
FROM message
WHERE workspace_id = (SELECT current_ws()) AND person_id = ANY(%(people)s) AND mail_id = ANY(%(mails)s)
  AND state IN ('sent', 'bounced')
ORDER BY id
