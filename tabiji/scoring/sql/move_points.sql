-- Points of an absorbed person that the kept one was not given already go over; the sum for each model.
WITH moved AS (
    UPDATE score_entry e SET person_id = %(kept)s
    WHERE e.person_id = %(absorbed)s AND NOT EXISTS (
        SELECT 1 FROM score_entry k
        WHERE k.person_id = %(kept)s AND k.model = e.model AND k.rule = e.rule
            AND (k.slot = e.slot OR k.cause = e.cause))
    RETURNING e.model, e.points
)
SELECT model, sum(points)::integer FROM moved GROUP BY model ORDER BY model
