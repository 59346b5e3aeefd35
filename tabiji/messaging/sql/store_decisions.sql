-- What the gate decided: refused with its reason, put off, or queued for the senders.
UPDATE message m
SET state = n.state, reason = n.reason, address = n.address, person_id = n.person_id,
    decided_at = CASE WHEN n.state = 'intent' THEN NULL ELSE %(now)s END,
    send_after = coalesce(n.delay, m.send_after)
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(addresses)s::text[],
            %(delays)s::timestamptz[], %(people)s::uuid[]) AS n(id, state, reason, address, delay, person_id)
WHERE m.id = n.id AND m.state = 'intent'
