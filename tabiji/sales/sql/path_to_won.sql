-- Hand-overs requested in a period, those of them that became a deal, and those whose deal was won.
WITH handed AS (
    SELECT id, person_id FROM hand_over
    WHERE requested_at >= %(since)s AND requested_at <= %(until)s AND state <> 'noticed'
), dealt AS (
    SELECT h.id, h.person_id, bool_or(d.outcome = 'won') AS won,
           sum(d.amount) FILTER (WHERE d.outcome = 'won') AS amount
    FROM handed h JOIN deal d ON d.hand_over_id = h.id GROUP BY h.id, h.person_id
)
SELECT 'handed_over' AS step, array_agg(person_id ORDER BY id), array_agg(id ORDER BY id), 0::numeric
FROM handed HAVING count(*) > 0
UNION ALL
SELECT 'with_deal', array_agg(person_id ORDER BY id), array_agg(id ORDER BY id), 0 FROM dealt HAVING count(*) > 0
UNION ALL
SELECT 'won', array_agg(person_id ORDER BY id), array_agg(id ORDER BY id), sum(amount) FROM dealt WHERE won
HAVING count(*) > 0
