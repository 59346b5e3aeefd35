-- Remember message ids (sorted, so that two streams never deadlock); return those not seen before.
INSERT INTO event_seen (workspace_id, message_hash, seen_on)
SELECT %s, h, current_date FROM unnest(%b::bytea[]) AS n(h)
ON CONFLICT DO NOTHING
RETURNING message_hash
