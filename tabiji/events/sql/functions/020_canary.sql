-- Whose turn it is for a test event: the longest without one. One that is under way is sent anew after ten minutes.
CREATE OR REPLACE FUNCTION canary_due(every interval) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT w.id
    FROM workspace w
    LEFT JOIN event_canary c ON c.workspace_id = w.id
    WHERE NOT EXISTS (SELECT 1 FROM event_canary WHERE sent_at > statement_timestamp() - every)
        AND (c.workspace_id IS NULL OR c.read_at IS NOT NULL OR c.sent_at < statement_timestamp() - interval '10 minutes')
    ORDER BY c.sent_at NULLS FIRST, w.id DESC
    LIMIT 1
$$;

CREATE OR REPLACE FUNCTION canaries_under_way() RETURNS TABLE (workspace_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT c.workspace_id FROM event_canary c WHERE c.read_at IS NULL ORDER BY c.sent_at LIMIT 100
$$;

-- The lag of the last that came through, how long ago that was, and the age of the oldest under way.
CREATE OR REPLACE FUNCTION canary_state() RETURNS TABLE (lag_ms integer, came interval, waits interval)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT (SELECT c.lag_ms FROM event_canary c WHERE c.came_at IS NOT NULL ORDER BY c.came_at DESC LIMIT 1),
           (SELECT clock_timestamp() - max(c.came_at) FROM event_canary c),
           (SELECT clock_timestamp() - min(c.sent_at) FROM event_canary c WHERE c.read_at IS NULL)
$$;
