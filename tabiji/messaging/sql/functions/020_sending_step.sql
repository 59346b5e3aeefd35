-- One commit of a sender: results of what left are stored with their facts, and what is about to leave is
-- marked `sending`. Gives back which of those may leave: still leased to this sender, not withdrawn meanwhile.
CREATE OR REPLACE FUNCTION sending_step(
    ws bigint, done bigint[], states text[], reasons text[], results text[], waits integer[],
    fact_shards smallint[], fact_counts integer[], fact_bodies bytea[],
    starting bigint[], by_sender integer)
RETURNS bigint[]
LANGUAGE plpgsql
AS $$
DECLARE
    allowed bigint[];
    standing text := current_setting('app.ws', true);
BEGIN
    PERFORM set_config('app.ws', ws::text, true);
    IF cardinality(done) > 0 THEN
        UPDATE message m
        SET state = n.state, reason = n.reason, result = n.result, sender = NULL,
            attempts = m.attempts + (n.state = 'deferred')::int,
            sent_at = CASE WHEN n.state = 'sent'
                           THEN (SELECT clock_timestamp() + clock_offset FROM workspace WHERE id = ws)
                           ELSE m.sent_at END,
            next_at = CASE WHEN n.wait > 0 THEN clock_timestamp() + make_interval(secs => n.wait) END
        FROM unnest(done, states, reasons, results, waits) AS n(id, state, reason, result, wait)
        WHERE m.id = n.id AND (m.state IN ('leased', 'sending') OR n.state IN ('sent', 'uncertain'));
        INSERT INTO fact_outbox (workspace_id, shard, n_changes, body)
        SELECT ws, * FROM unnest(fact_shards, fact_counts, fact_bodies);
        PERFORM pg_notify('tabiji_events', '');
    END IF;
    IF cardinality(starting) > 0 THEN
        WITH marked AS (
            UPDATE message SET state = 'sending'
            WHERE id = ANY(starting) AND state = 'leased' AND sender = by_sender
            RETURNING id
        )
        SELECT array_agg(id) INTO allowed FROM marked;
    END IF;
    PERFORM set_config('app.ws', coalesce(standing, ''), true);
    RETURN coalesce(allowed, '{}');
END $$;
