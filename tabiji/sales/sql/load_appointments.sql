-- Appointments brought from elsewhere.
INSERT INTO appointment (id, workspace_id, external_key, person_id, owner_id, title, place, starts_at, minutes, state,
                         booked_at, settled_at, deal_id, initiative_id, version)
SELECT n.id, %(workspace)s, n.key, n.person, n.owner, n.title, n.place, n.starts, n.minutes, n.state, n.booked,
       n.settled, n.deal, n.initiative, 1
FROM unnest(%(id)s::bigint[], %(keys)s::text[], %(person_id)s::uuid[], %(owner_id)s::bigint[], %(title)s::text[],
            %(place)s::text[], %(starts_at)s::timestamptz[], %(minutes)s::integer[], %(state)s::text[],
            %(booked_at)s::timestamptz[], %(settled_at)s::timestamptz[], %(deal_id)s::bigint[],
            %(initiative_id)s::bigint[])
     AS n(id, key, person, owner, title, place, starts, minutes, state, booked, settled, deal, initiative)
ORDER BY n.id
