-- Lease what may still leave. Consent, suppression and holds are asked again: messages and people are held by now.
WITH asked AS (
    SELECT m.id, m.kind, m.person_id, m.address,
           CASE
               WHEN EXISTS (SELECT 1 FROM suppression s WHERE s.workspace_id = m.workspace_id AND s.channel = 'mail'
                            AND s.address = m.address AND s.lifted_at IS NULL) THEN 'suppressed:'
               WHEN m.kind <> 'marketing' THEN ''
               WHEN NOT EXISTS (SELECT 1 FROM consent c WHERE c.person_id = m.person_id AND c.channel = 'mail'
                                AND c.topic = 'marketing' AND c.state = 'granted') THEN 'unsubscribed:'
               WHEN EXISTS (SELECT 1 FROM hold h WHERE h.person_id = m.person_id AND h.released_at IS NULL
                            AND (h.until IS NULL OR h.until > %(now)s)) THEN 'on_hold:'
               ELSE ''
           END AS refusal
    FROM message m
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
