-- Lease what may still leave. Consent, suppression and holds are asked again, of whom the person is by now, and
-- of whoever else has the address: messages and people are held by now.
WITH asked AS (
    SELECT m.id, m.kind, m.person_id, m.address,
           CASE
               WHEN EXISTS (SELECT 1 FROM suppression s WHERE s.workspace_id = m.workspace_id AND s.channel = 'mail'
                            AND s.address = m.address AND s.lifted_at IS NULL) THEN 'suppressed:'
               WHEN m.kind <> 'marketing' THEN ''
               WHEN c.state IS DISTINCT FROM 'granted' THEN 'unsubscribed:'
               WHEN EXISTS (SELECT 1 FROM person o JOIN consent w ON w.person_id = o.id
                            WHERE o.workspace_id = m.workspace_id AND o.email = m.address AND o.email <> ''
                            AND o.merged_into IS NULL AND w.channel = 'mail' AND w.topic = 'marketing'
                            AND w.state = 'withdrawn' AND w.at >= c.at) THEN 'unsubscribed:'
               WHEN EXISTS (SELECT 1 FROM hold h WHERE h.person_id = owner.id
                            AND h.released_at IS NULL AND (h.until IS NULL OR h.until > %(now)s)) THEN 'on_hold:'
               ELSE ''
           END AS refusal
    FROM message m
    JOIN person p ON p.id = m.person_id
    -- CASE and not coalesce, which PostgreSQL counts among what may leak: behind row security it asks no index with it.
    CROSS JOIN LATERAL (SELECT CASE WHEN p.merged_into IS NULL THEN p.id ELSE p.merged_into END AS id) owner
    LEFT JOIN consent c ON c.person_id = owner.id AND c.channel = 'mail' AND c.topic = 'marketing'
    WHERE m.id = ANY(%(ids)s) AND m.state IN ('queued', 'deferred')
), refused AS (
    UPDATE message m SET state = 'refused', reason = a.refusal
    FROM asked a WHERE m.id = a.id AND a.refusal <> ''
)
UPDATE message m
SET state = 'leased', sender = %(sender)s
FROM asked a
WHERE m.id = a.id AND a.refusal = ''
RETURNING m.id, m.person_id, m.mail_id, m.mail_version_id, m.kind, m.source, m.source_id, m.initiative_id,
          m.node, m.address, m.attempts, m.hops
