-- Let in who is new or comes back, let out who is not named any more (of `among`, if given), leave alone who is `untouched`; returns only what changed, people alike together.
WITH named AS (
    SELECT person_id FROM unnest(%(people)s::uuid[]) AS n(person_id)
    WHERE person_id <> ALL (%(untouched)s::uuid[])
), here AS (
    SELECT person_id, left_at IS NULL AS is_in FROM audience_member
    WHERE audience_id = %(audience)s AND (%(among)s::uuid[] IS NULL OR person_id = ANY(%(among)s::uuid[]))
      AND person_id <> ALL (%(untouched)s::uuid[])
), moved AS MATERIALIZED (
    -- A full join is never made row by row, whatever is guessed of how many there are.
    SELECT person_id, n.here AS comes, h.is_in IS NULL AS is_new
    FROM (SELECT person_id, true AS here FROM named) n FULL JOIN here h USING (person_id)
    WHERE n.here IS NOT NULL AND h.is_in IS NOT TRUE OR n.here IS NULL AND h.is_in
), turned AS (
    UPDATE audience_member m
    SET episode = m.episode + CASE WHEN d.comes THEN 1 ELSE 0 END,
        entered_at = CASE WHEN d.comes THEN %(now)s ELSE m.entered_at END,
        left_at = CASE WHEN d.comes THEN NULL ELSE %(now)s::timestamptz END
    FROM moved d
    WHERE NOT d.is_new AND m.audience_id = %(audience)s AND m.person_id = d.person_id
    RETURNING m.person_id, m.episode, d.comes
), came AS (
    -- Not ON CONFLICT, which takes twice as long: who was here before is known, and refreshes come one at a time.
    INSERT INTO audience_member (workspace_id, audience_id, person_id, episode, entered_at)
    SELECT %(workspace)s, %(audience)s, person_id, 1, %(now)s FROM moved WHERE is_new ORDER BY person_id
    RETURNING person_id, episode
)
SELECT is_in, episode, string_agg(person_id::text, ',')
FROM (
    SELECT person_id, episode, comes IS TRUE AS is_in FROM turned
    UNION ALL
    SELECT person_id, episode, true FROM came
) AS told
GROUP BY is_in, episode
ORDER BY is_in, episode
