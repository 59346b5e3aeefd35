-- By owner (NULL: the pool): who waits, who was accepted, open tasks, open deals and their yen.
WITH given AS (
    SELECT owner_id,
           coalesce(array_agg(person_id ORDER BY due_at, id) FILTER (WHERE state = 'pending'), '{}') AS pending,
           coalesce(array_agg(id ORDER BY due_at, id) FILTER (WHERE state = 'pending'), '{}') AS pending_ids,
           coalesce(array_agg(person_id ORDER BY id) FILTER (WHERE state = 'accepted'), '{}') AS accepted,
           coalesce(array_agg(id ORDER BY id) FILTER (WHERE state = 'accepted'), '{}') AS accepted_ids
    FROM hand_over WHERE state IN ('pending', 'accepted') GROUP BY owner_id
), todo AS (
    SELECT owner_id, count(*) AS tasks FROM task WHERE state = 'open' GROUP BY owner_id
), selling AS (
    SELECT owner_id, count(*) AS deals, sum(amount) AS amount FROM deal WHERE outcome = '' GROUP BY owner_id
), owners AS (
    SELECT owner_id FROM given UNION SELECT owner_id FROM todo UNION SELECT owner_id FROM selling
)
SELECT o.owner_id, coalesce(g.pending, '{}'), coalesce(g.pending_ids, '{}'), coalesce(g.accepted, '{}'),
       coalesce(g.accepted_ids, '{}'), coalesce(t.tasks, 0), coalesce(s.deals, 0), coalesce(s.amount, 0)
FROM owners o
LEFT JOIN given g ON g.owner_id IS NOT DISTINCT FROM o.owner_id
LEFT JOIN todo t ON t.owner_id IS NOT DISTINCT FROM o.owner_id
LEFT JOIN selling s ON s.owner_id IS NOT DISTINCT FROM o.owner_id
