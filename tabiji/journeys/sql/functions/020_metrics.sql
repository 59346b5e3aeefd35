-- Figures of the whole installation, without names: what monitoring reads every few seconds.
CREATE OR REPLACE FUNCTION metrics_snapshot()
RETURNS TABLE (event_lag double precision, events_waiting bigint, parked bigint, refused bigint,
               journey_lateness double precision, enrolments_parked bigint, queued bigint, uncertain bigint,
               staff_mail bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT
        coalesce(extract(epoch FROM clock_timestamp() - least(
            (SELECT min(received_at) FROM event_inbox WHERE batch_id IS NULL),
            (SELECT min(created_at) FROM fact_outbox WHERE batch_id IS NULL),
            (SELECT min(oldest) FROM event_batch WHERE is_open))), 0)::double precision,
        (SELECT count(*) FROM event_inbox WHERE batch_id IS NULL),
        (SELECT count(*) FROM parked_batch WHERE settled_at IS NULL),
        (SELECT count(*) FROM event_reject WHERE replayed_at IS NULL AND at > now() - interval '1 day'),
        coalesce((SELECT max(extract(epoch FROM clock_timestamp() + w.clock_offset - e.due_at))
                  FROM workspace w CROSS JOIN LATERAL (
                      SELECT due_at FROM enrolment e WHERE e.workspace_id = w.id AND e.is_active
                      AND e.due_at <= statement_timestamp() + w.clock_offset ORDER BY due_at LIMIT 1) e), 0)
            ::double precision,
        (SELECT count(*) FROM enrolment WHERE error <> ''),
        (SELECT count(*) FROM message WHERE state IN ('queued', 'deferred')),
        (SELECT count(*) FROM message WHERE state = 'uncertain'),
        (SELECT count(*) FROM staff_mail WHERE sent_at IS NULL)
$$;
