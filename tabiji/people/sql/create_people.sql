-- New people, empty but for the moment at which each became known.
INSERT INTO person (workspace_id, id, created_at, last_name, first_name, last_kana, first_kana, email, phone,
                    department, title, source, stage, score, fields, field_clock, version, search_text, search)
SELECT %s, n.id, n.at, '', '', '', '', '', '', '', '', '', '', 0, '{}', '{}', 1, '', '{}'
FROM unnest(%s::uuid[], %s::timestamptz[]) AS n(id, at)
ON CONFLICT (id) DO NOTHING
