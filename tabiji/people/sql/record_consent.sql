-- Append to the ledger, then let the latest act of each person, channel and topic stand; return what changed.
-- A grant dated beyond the horizon is no later act: it never stands against a withdrawal.
WITH told AS (
    SELECT * FROM unnest(%(people)s::uuid[], %(channels)s::text[], %(topics)s::text[], %(acts)s::text[],
                         %(bases)s::text[], %(ats)s::timestamptz[], %(sources)s::text[], %(evidence)s::jsonb[])
    WITH ORDINALITY AS t(person_id, channel, topic, act, basis, at, source, evidence, place)
), entry AS (
    INSERT INTO consent_entry (workspace_id, person_id, channel, topic, act, basis, at, source, evidence)
    SELECT %(workspace)s, person_id, channel, topic, act, basis, at, source, evidence FROM told ORDER BY place
    RETURNING id, person_id, channel, topic, act, basis, at, source
), latest AS (
    SELECT DISTINCT ON (person_id, channel, topic) *,
           CASE act WHEN 'grant' THEN 'granted' ELSE 'withdrawn' END AS state
    FROM entry
    ORDER BY person_id, channel, topic, act = 'grant' AND at > %(horizon)s, at DESC, act DESC, id DESC
), before AS (
    SELECT c.person_id, c.channel, c.topic, c.state FROM consent c JOIN latest USING (person_id, channel, topic)
), set_now AS (
    INSERT INTO consent (workspace_id, person_id, channel, topic, state, basis, at, entry_id)
    SELECT %(workspace)s, person_id, channel, topic, state, basis, at, id FROM latest
    ON CONFLICT (person_id, channel, topic) DO UPDATE
    SET state = excluded.state, basis = excluded.basis, at = excluded.at, entry_id = excluded.entry_id
    WHERE CASE
        WHEN excluded.state = 'withdrawn' AND consent.state = 'granted' AND consent.at > %(horizon)s THEN true
        WHEN excluded.state = 'granted' AND consent.state = 'withdrawn' AND excluded.at > %(horizon)s THEN false
        ELSE (consent.at, consent.state) <= (excluded.at, excluded.state)
    END
    RETURNING person_id, channel, topic, state, basis, at, entry_id
)
SELECT s.person_id, s.channel, s.topic, b.state, s.state, s.basis, s.at, l.source
FROM set_now s
JOIN latest l USING (person_id, channel, topic)
LEFT JOIN before b USING (person_id, channel, topic)
WHERE b.state IS DISTINCT FROM s.state
