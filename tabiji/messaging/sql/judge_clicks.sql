-- The verdict on clicks whose ten minutes are over: a sign of its own, a hit too fast, or too many at once.
WITH due AS (
    SELECT c.id, c.message_id, c.person_id, c.link_number, c.link_kind, c.clicked_at, c.judge_at, c.signs,
           m.mail_id, m.initiative_id, m.sent_at
    FROM click c
    JOIN message m ON m.id = c.message_id
    WHERE c.workspace_id = (SELECT current_ws()) AND c.verdict = '' AND c.judge_at <= %(now)s
    ORDER BY c.judge_at
    LIMIT %(most)s
    FOR UPDATE OF c SKIP LOCKED
), crowd AS (
    SELECT d.id,
           count(*) FILTER (WHERE abs(extract(epoch FROM o.clicked_at - d.clicked_at)) <= 1) AS in_1s,
           count(*) FILTER (WHERE abs(extract(epoch FROM o.clicked_at - d.clicked_at)) <= 10) AS in_10s,
           bool_or('trap' = ANY(o.signs) AND abs(extract(epoch FROM o.clicked_at - d.clicked_at)) <= 10) AS with_trap
    FROM due d
    JOIN click o ON o.message_id = d.message_id
    GROUP BY d.id
), judged AS (
    SELECT d.*, CASE
        WHEN cardinality(d.signs) > 0 THEN d.signs[1]
        WHEN c.with_trap THEN 'trap'
        WHEN d.clicked_at <= d.sent_at + interval '2 seconds' THEN 'too_fast'
        WHEN c.in_1s >= 4 OR c.in_10s >= 5 THEN 'burst'
        ELSE ''
    END AS reason
    FROM due d JOIN crowd c USING (id)
)
SELECT id, message_id, person_id, link_number, link_kind, clicked_at, judge_at, mail_id, initiative_id, reason,
       CASE reason WHEN '' THEN 'human' ELSE 'machine' END AS verdict
FROM judged
