-- Whether reaching the threshold counts for these people; scores stay.
INSERT INTO person_score AS s (workspace_id, person_id, model, score, armed, armed_from, crossed_at)
SELECT %(workspace)s, p.id, %(model)s, 0, %(armed)s, %(since)s,
       CASE WHEN %(armed)s THEN NULL ELSE %(at)s::timestamptz END
FROM person p
WHERE p.id = ANY(%(people)s)
ORDER BY p.id
ON CONFLICT (person_id, model) DO UPDATE
SET armed = excluded.armed, armed_from = excluded.armed_from,
    crossed_at = CASE WHEN excluded.armed THEN s.crossed_at ELSE excluded.crossed_at END
