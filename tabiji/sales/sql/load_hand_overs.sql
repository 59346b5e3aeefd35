-- Hand-overs brought from elsewhere; one that waits beyond its deadline already has been told.
INSERT INTO hand_over (id, workspace_id, external_key, person_id, state, cause, reason, detail, owner_id, assigned_by,
                       requested_at, due_at, told_overdue_at, accepted_at, accepted_by_id, accept_seconds,
                       returned_at, return_reason, return_note, restart_on, closed_at, initiative_id)
SELECT n.id, %(workspace)s, n.key, n.person, n.state, 'history:' || n.key, n.reason, n.detail, n.owner,
       CASE WHEN n.owner IS NULL THEN 'pool' ELSE 'owner' END, n.requested, n.due,
       CASE WHEN n.due <= %(now)s THEN n.due END, n.accepted, CASE WHEN n.accepted IS NOT NULL THEN n.owner END,
       n.took, n.returned, n.return_reason, n.note, n.restart, n.closed, n.initiative
FROM unnest(%(ids)s::bigint[], %(keys)s::text[], %(people)s::uuid[], %(states)s::text[], %(reasons)s::text[],
            %(details)s::jsonb[], %(owners)s::bigint[], %(requested)s::timestamptz[], %(due)s::timestamptz[],
            %(accepted)s::timestamptz[], %(took)s::integer[], %(returned)s::timestamptz[],
            %(return_reasons)s::text[], %(notes)s::text[], %(restarts)s::date[], %(closed)s::timestamptz[],
            %(initiatives)s::bigint[])
     AS n(id, key, person, state, reason, detail, owner, requested, due, accepted, took, returned, return_reason,
          note, restart, closed, initiative)
ORDER BY n.id
