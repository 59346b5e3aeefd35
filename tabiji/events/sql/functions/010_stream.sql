-- What collectors and workers may do across workspaces: accept, and find streams with work.
CREATE OR REPLACE FUNCTION accept_events(
    workspaces bigint[], shards smallint[], counts integer[], bodies bytea[])
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    INSERT INTO event_inbox (workspace_id, shard, n_events, body)
    SELECT * FROM unnest(workspaces, shards, counts, bodies);
    SELECT pg_notify('tabiji_events', '');
$$;

CREATE OR REPLACE FUNCTION reject_events(
    workspaces bigint[], reasons text[], details text[], sources text[], bodies bytea[])
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    INSERT INTO event_reject (workspace_id, reason, detail, source, body)
    SELECT * FROM unnest(workspaces, reasons, details, sources, bodies)
$$;

-- Streams with something to do: a batch left open, or rows waiting; with the age of the oldest.
CREATE OR REPLACE FUNCTION streams_with_work()
RETURNS TABLE (workspace_id bigint, shard smallint, oldest timestamptz, has_open boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT w.workspace_id, w.shard, min(w.oldest), bool_or(w.has_open)
    FROM (
        SELECT b.workspace_id, b.shard, b.decided_at AS oldest, true AS has_open
        FROM event_batch b WHERE b.is_open
        UNION ALL
        SELECT ws.id, s.shard::smallint, head.received_at, false
        FROM workspace ws
        CROSS JOIN LATERAL generate_series(0, ws.shards - 1) AS s(shard)
        CROSS JOIN LATERAL (
            SELECT i.received_at FROM event_inbox i
            WHERE i.workspace_id = ws.id AND i.shard = s.shard AND i.batch_id IS NULL ORDER BY i.id LIMIT 1
        ) AS head
        UNION ALL
        SELECT ws.id, s.shard::smallint, head.created_at, false
        FROM workspace ws
        CROSS JOIN LATERAL generate_series(0, ws.shards - 1) AS s(shard)
        CROSS JOIN LATERAL (
            SELECT f.created_at FROM fact_outbox f
            WHERE f.workspace_id = ws.id AND f.shard = s.shard AND f.batch_id IS NULL ORDER BY f.id LIMIT 1
        ) AS head
    ) w
    GROUP BY w.workspace_id, w.shard
    ORDER BY 3
$$;

CREATE OR REPLACE FUNCTION parked_work()
RETURNS TABLE (workspace_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT DISTINCT p.workspace_id FROM parked_batch p
    WHERE p.settled_at IS NULL AND p.next_at <= statement_timestamp()
$$;

-- Message ids are remembered for 30 days.
CREATE OR REPLACE FUNCTION forget_seen() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    WITH gone AS (DELETE FROM event_seen WHERE seen_on < current_date - 30 RETURNING 1)
    SELECT count(*) FROM gone
$$;
