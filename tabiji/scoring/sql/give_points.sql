-- Give points, each (person, rule, slot) and (person, rule, cause) once; return those really given.
INSERT INTO score_entry (workspace_id, person_id, model, rule, slot, cause, points, act_at, at, version, label,
                         subject, actor)
SELECT %(workspace)s, n.person, %(model)s, n.rule, n.slot, n.cause, n.points, n.act_at, n.at, n.version, n.label,
       n.subject, n.actor
FROM unnest(%(people)s::uuid[], %(rules)s::text[], %(slots)s::text[], %(causes)s::text[], %(points)s::integer[],
            %(act_ats)s::timestamptz[], %(ats)s::timestamptz[], %(versions)s::integer[], %(labels)s::text[],
            %(subjects)s::text[], %(actors)s::text[])
     WITH ORDINALITY AS n(person, rule, slot, cause, points, act_at, at, version, label, subject, actor, place)
ORDER BY n.place
ON CONFLICT DO NOTHING
RETURNING person_id, rule, slot, cause
