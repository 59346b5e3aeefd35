-- One commit of a sender: results of what left are stored with their facts, and what is about to leave is
-- marked `sending`. Gives back which of those may leave: still leased to this sender, not withdrawn meanwhile, and
-- none while sending is stopped (緊急停止): what was not let go and was not withdrawn goes back to the queue.
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
    -- In one order, as those do who withdraw: nobody waits in a ring.
    PERFORM 1 FROM message WHERE id = ANY(done || starting) ORDER BY id FOR UPDATE;
    IF cardinality(done) > 0 THEN
        UPDATE message m
        SET state = CASE WHEN n.state = 'withdrawn' THEN 'queued' ELSE n.state END,
            reason = CASE WHEN n.state = 'withdrawn' THEN '' ELSE n.reason END, result = n.result, sender = NULL,
            attempts = m.attempts + (n.state = 'deferred')::int,
            sent_at = CASE WHEN n.state = 'sent'
                           THEN (SELECT clock_timestamp() + clock_offset FROM workspace WHERE id = ws)
                           ELSE m.sent_at END,
            next_at = CASE WHEN n.wait > 0 THEN clock_timestamp() + make_interval(secs => n.wait) END
        FROM unnest(done, states, reasons, results, waits) AS n(id, state, reason, result, wait)
        -- What a server said of a message that was given up for lost meanwhile is the truth; but what came back
        -- from the recipient's own server (bounced) is newer than "sent".
        WHERE m.id = n.id
          AND (m.state IN ('leased', 'sending') AND m.sender = by_sender
               OR m.state IN ('leased', 'withdrawn', 'uncertain', 'queued') AND n.state IN ('sent', 'uncertain'));
        INSERT INTO fact_outbox (workspace_id, shard, n_changes, body)
        SELECT ws, * FROM unnest(fact_shards, fact_counts, fact_bodies);
        PERFORM pg_notify('tabiji_events', '');
    END IF;
    IF cardinality(starting) > 0 AND NOT EXISTS (
        SELECT 1 FROM workspace w WHERE w.id = ws AND w.settings->'sending_stopped' = 'true'::jsonb
    ) THEN
        -- By their ids only: through the index of what a sender holds, each step would read the whole lease.
        WITH marked AS (
            UPDATE message SET state = 'sending'
            WHERE id = ANY(starting) AND CASE WHEN state = 'leased' THEN sender = by_sender END
            RETURNING id
        )
        SELECT array_agg(id) INTO allowed FROM marked;
    END IF;
    PERFORM set_config('app.ws', coalesce(standing, ''), true);
    RETURN coalesce(allowed, '{}');
END $$;
