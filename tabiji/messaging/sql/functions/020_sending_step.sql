-- One commit of a sender: results of what left are stored with their facts, and what is about to leave is
-- marked `sending`. Gives back which of those may leave: still leased to this sender, not withdrawn meanwhile, and
-- none while sending is stopped (緊急停止): what was not let go and was not withdrawn goes back to the queue.
-- news: [{id, state, reason, result, wait}], a message once; `sending` asks for leave, all other states are results.
-- wakes: tell the processor. Not at each step: commits that notify wait for each other.
-- The plan is made once: to plan it took a fifth of each step. (No plan made while the table is small may read it whole.)
CREATE OR REPLACE FUNCTION sending_step(
    ws bigint, by_sender integer, news jsonb, fact_shards smallint[], fact_counts integer[], fact_bodies bytea[],
    wakes boolean)
RETURNS bigint[]
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    allowed bigint[];
    ids bigint[] := ARRAY(SELECT (n->>'id')::bigint FROM jsonb_array_elements(news) AS n);
    standing text := current_setting('app.ws', true);
    is_stopped boolean;
BEGIN
    PERFORM set_config('app.ws', ws::text, true);
    -- In one order, as those do who withdraw: nobody waits in a ring.
    PERFORM 1 FROM message WHERE id = ANY(ids) ORDER BY id FOR UPDATE;
    SELECT coalesce(settings->'sending_stopped' = 'true'::jsonb, false) INTO is_stopped FROM workspace WHERE id = ws;
    WITH told AS (
        UPDATE message m
        SET state = CASE WHEN n.state = 'withdrawn' THEN 'queued' ELSE n.state END,
            reason = coalesce(n.reason, m.reason), result = coalesce(n.result, m.result),
            sender = CASE WHEN n.state = 'sending' THEN by_sender END,
            attempts = m.attempts + (n.state = 'deferred')::int,
            sent_at = CASE WHEN n.state = 'sent'
                           THEN (SELECT clock_timestamp() + clock_offset FROM workspace WHERE id = ws)
                           ELSE m.sent_at END,
            next_at = CASE WHEN n.wait > 0 THEN clock_timestamp() + make_interval(secs => n.wait) END
        FROM jsonb_to_recordset(news) AS n(id bigint, state text, reason text, result text, wait integer)
        -- By ids only (so CASE): through the index of what a sender holds, each step would read the whole lease.
        WHERE m.id = ANY(ids) AND m.id = n.id AND CASE n.state
            WHEN 'sending' THEN m.state = 'leased' AND m.sender = by_sender AND NOT is_stopped
            -- What a server said of a message that was given up for lost meanwhile is the truth; but what came
            -- back from the recipient's own server (bounced) is newer than "sent".
            ELSE m.state IN ('leased', 'sending') AND m.sender = by_sender
                 OR m.state IN ('leased', 'withdrawn', 'uncertain', 'queued') AND n.state IN ('sent', 'uncertain')
            END
        RETURNING m.id, m.state
    )
    SELECT array_agg(id) FILTER (WHERE state = 'sending') INTO allowed FROM told;
    IF cardinality(fact_shards) > 0 THEN
        INSERT INTO fact_outbox (workspace_id, shard, n_changes, body)
        SELECT ws, * FROM unnest(fact_shards, fact_counts, fact_bodies);
    END IF;
    IF wakes THEN
        PERFORM pg_notify('tabiji_events', '');
    END IF;
    PERFORM set_config('app.ws', coalesce(standing, ''), true);
    RETURN coalesce(allowed, '{}');
END $$;

-- As a worker of the version before calls it, which may still run while this one is brought in.
CREATE OR REPLACE FUNCTION sending_step(
    ws bigint, by_sender integer, news jsonb, fact_shards smallint[], fact_counts integer[], fact_bodies bytea[])
RETURNS bigint[]
LANGUAGE sql
AS $$ SELECT sending_step(ws, by_sender, news, fact_shards, fact_counts, fact_bodies, true) $$;
