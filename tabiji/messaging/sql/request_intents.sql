-- New wishes, one row for each cause and person; those already asked for are left as they are.
INSERT INTO message (workspace_id, person_id, mail_id, mail_version_id, kind, source, source_id, cause,
                     initiative_id, enrolment_id, node, priority, asked_at, send_after, hops)
SELECT %(workspace)s, n.*
FROM unnest(%(people)s::uuid[], %(mails)s::bigint[], %(versions)s::bigint[], %(kinds)s::text[],
            %(sources)s::text[], %(source_ids)s::bigint[], %(causes)s::text[], %(initiatives)s::bigint[],
            %(enrolments)s::bigint[], %(nodes)s::text[], %(priorities)s::smallint[],
            %(asked)s::timestamptz[], %(after)s::timestamptz[], %(hops)s::smallint[]) AS n
ON CONFLICT DO NOTHING
