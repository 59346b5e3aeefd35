-- New hand-overs; a cause that made one for a person before makes none, nor does a person whose one still stands.
INSERT INTO hand_over (workspace_id, person_id, state, cause, reason, detail, owner_id, assigned_by, requested_at,
                       due_at, return_reason, return_note, initiative_id)
SELECT %(workspace)s, n.person, %(state)s, n.cause, %(reason)s, n.detail, n.owner, n.assigned, n.at, n.due,
       '', '', n.initiative
FROM unnest(%(people)s::uuid[], %(ats)s::timestamptz[], %(due)s::timestamptz[], %(causes)s::text[],
            %(details)s::jsonb[], %(owners)s::bigint[], %(assigned)s::text[], %(initiatives)s::bigint[])
     AS n(person, at, due, cause, detail, owner, assigned, initiative)
ORDER BY n.person
ON CONFLICT DO NOTHING
RETURNING id, person_id
