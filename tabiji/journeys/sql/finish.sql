-- End active enrolments of these people at their moments; the fence rises, so nothing that was claimed before can
-- move them. What was reached before somebody entered ends nothing (since_entry); of several moments the first counts.
WITH leaving AS (
    SELECT DISTINCT ON (e.id) e.id, n.at
    FROM unnest(%(people)s::uuid[], %(ats)s::timestamptz[]) AS n(person, at)
    JOIN enrolment e ON e.person_id = n.person
    WHERE e.is_active AND (%(journeys)s::bigint[] IS NULL OR e.journey_id = ANY(%(journeys)s::bigint[]))
      AND (NOT %(since_entry)s OR e.entered_at < n.at + interval '1 millisecond')
    ORDER BY e.id, n.at
), locked AS (
    SELECT id FROM enrolment WHERE id IN (SELECT id FROM leaving) AND is_active ORDER BY id FOR UPDATE
)
UPDATE enrolment e
SET is_active = false, due_at = NULL, finished_at = l.at, outcome = %(outcome)s, fence = e.fence + 1
FROM leaving l JOIN locked USING (id)
WHERE e.id = l.id
RETURNING e.id, e.person_id, e.journey_id, e.version_id, e.node, e.finished_at
