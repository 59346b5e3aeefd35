-- Let in who is new, let out who is not named any more (of `among`, if given), leave alone who is `untouched`; returns only what changed.
WITH named AS (
    SELECT unnest(%(people)s::uuid[]) AS person_id
    EXCEPT
    SELECT unnest(%(untouched)s::uuid[])
), entered AS (
    INSERT INTO audience_member (workspace_id, audience_id, person_id, episode, entered_at)
    SELECT %(workspace)s, %(audience)s, n.person_id, 1, %(now)s
    FROM named n
    LEFT JOIN audience_member m
        ON m.audience_id = %(audience)s AND m.person_id = n.person_id AND m.left_at IS NULL
    WHERE m.person_id IS NULL
    ORDER BY n.person_id
    ON CONFLICT (audience_id, person_id) DO UPDATE
    SET episode = audience_member.episode + 1, entered_at = excluded.entered_at, left_at = NULL
    RETURNING person_id, episode
), gone AS (
    UPDATE audience_member m
    SET left_at = %(now)s
    WHERE m.audience_id = %(audience)s AND m.left_at IS NULL
      AND (%(among)s::uuid[] IS NULL OR m.person_id = ANY(%(among)s::uuid[]))
      AND NOT EXISTS (SELECT 1 FROM named n WHERE n.person_id = m.person_id)
      AND m.person_id <> ALL (%(untouched)s::uuid[])
    RETURNING m.person_id, m.episode
)
SELECT person_id, episode, true FROM entered
UNION ALL
SELECT person_id, episode, false FROM gone
