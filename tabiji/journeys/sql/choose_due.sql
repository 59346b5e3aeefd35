-- What is due, oldest first, and whose it is. No lock yet: people are locked before enrolments.
SELECT id, person_id, version_id
FROM enrolment
WHERE workspace_id = (SELECT current_ws()) AND is_active AND due_at <= %(now)s
ORDER BY due_at
LIMIT %(most)s
