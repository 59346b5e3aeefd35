-- What a colleague (or the pool) has to do on the day that ends at `end`, in working order.
SELECT kind, ref, person_id, text, detail, at
FROM (
    SELECT 1 AS place, 'hand_over' AS kind, h.id AS ref, h.person_id, h.reason AS text, h.detail, h.due_at AS at
    FROM hand_over h
    WHERE h.state = 'pending' AND (h.owner_id = %(user)s OR h.owner_id IS NULL)
    UNION ALL
    SELECT CASE t.kind WHEN 'call' THEN 2 ELSE 4 END, CASE t.kind WHEN 'call' THEN 'recall' ELSE 'task' END, t.id,
           t.person_id, t.title, '{}'::jsonb, t.due_at
    FROM task t
    WHERE t.state = 'open' AND t.owner_id = %(user)s AND t.due_at < %(end)s
    UNION ALL
    SELECT 3, 'meeting', a.id, a.person_id, a.title, '{}'::jsonb, a.starts_at
    FROM appointment a
    WHERE a.owner_id = %(user)s AND (
        a.state = 'over' OR (a.state = 'booked' AND a.starts_at >= %(start)s AND a.starts_at < %(end)s))
) item
ORDER BY place, at, ref
