-- What became of each step's mails, in people who entered the journey in a period.
SELECT m.node, m.state, count(DISTINCT m.person_id)
FROM enrolment e
JOIN message m ON m.enrolment_id = e.id
WHERE e.journey_id = %(journey)s AND e.entered_at >= %(start)s AND e.entered_at < %(end)s
GROUP BY m.node, m.state
