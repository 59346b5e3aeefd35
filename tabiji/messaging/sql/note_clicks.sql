-- Clicks that wait for judgement; the same event twice is one click.
INSERT INTO click (workspace_id, event_id, message_id, person_id, link_number, link_kind, clicked_at, judge_at,
                   signs, hops)
SELECT %(workspace)s, n.event, n.message, n.person, n.number, n.kind, n.clicked, n.judged,
       coalesce(string_to_array(nullif(n.signs, ''), ','), '{}'), n.hops
FROM unnest(%(events)s::text[], %(messages)s::bigint[], %(people)s::uuid[], %(numbers)s::integer[],
            %(kinds)s::text[], %(clicked)s::timestamptz[], %(judged)s::timestamptz[], %(signs)s::text[],
            %(hops)s::smallint[]) AS n(event, message, person, number, kind, clicked, judged, signs, hops)
ON CONFLICT (workspace_id, event_id) DO NOTHING
