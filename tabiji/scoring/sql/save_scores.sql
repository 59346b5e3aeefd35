-- Where these people stand in a model now; the caller holds their rows in `person`.
INSERT INTO person_score (workspace_id, person_id, model, score, armed, armed_from, crossed_at)
SELECT %(workspace)s, n.person, %(model)s, n.score, n.armed, n.armed_from, n.crossed_at
FROM unnest(%(people)s::uuid[], %(scores)s::integer[], %(armed)s::boolean[], %(armed_from)s::timestamptz[],
            %(crossed_at)s::timestamptz[]) AS n(person, score, armed, armed_from, crossed_at)
ON CONFLICT (person_id, model) DO UPDATE
SET score = excluded.score, armed = excluded.armed, armed_from = excluded.armed_from,
    crossed_at = excluded.crossed_at
