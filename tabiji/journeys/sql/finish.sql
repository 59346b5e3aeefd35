-- End active enrolments of these people; the fence rises, so nothing that was claimed before can move them.
UPDATE enrolment e
SET is_active = false, due_at = NULL, finished_at = %(at)s, outcome = %(outcome)s, fence = e.fence + 1
FROM (
    SELECT id FROM enrolment
    WHERE person_id = ANY(%(people)s) AND is_active
      AND (%(journeys)s::bigint[] IS NULL OR journey_id = ANY(%(journeys)s::bigint[]))
    ORDER BY id FOR UPDATE
) chosen
WHERE e.id = chosen.id
RETURNING e.id, e.person_id, e.journey_id, e.version_id, e.node
