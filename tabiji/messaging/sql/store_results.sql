-- What became of messages. A message withdrawn meanwhile keeps that unless it really left.
UPDATE message m
SET state = n.state, reason = n.reason, result = n.result, sender = NULL,
    attempts = m.attempts + (n.state = 'deferred')::int,
    sent_at = CASE WHEN n.state = 'sent' THEN %(now)s ELSE m.sent_at END,
    next_at = CASE WHEN n.wait > 0 THEN clock_timestamp() + make_interval(secs => n.wait) END
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(results)s::text[],
            %(waits)s::integer[]) AS n(id, state, reason, result, wait)
WHERE m.id = n.id AND (m.state IN ('leased', 'sending') OR n.state IN ('sent', 'uncertain'))
