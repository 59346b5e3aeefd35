-- Take due mails and count the attempt before it is made; the next one waits twice as long.
UPDATE staff_mail m
SET attempts = m.attempts + 1,
    next_at = clock_timestamp() + make_interval(secs => %(first_wait_s)s * 2 ^ m.attempts)
FROM (
    SELECT id FROM staff_mail
    WHERE sent_at IS NULL AND next_at <= statement_timestamp()
    ORDER BY next_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
) due
WHERE m.id = due.id
RETURNING m.id, m.workspace_id, m."to", m.subject, m.body, m.attempts
