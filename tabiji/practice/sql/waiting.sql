-- What keeps a workspace from being idle at this moment: counts (5,000 at most) by part, of what is due now.
SELECT
    (SELECT count(*) FROM (SELECT 1 FROM event_inbox WHERE batch_id IS NULL LIMIT 5000) w)
        + (SELECT count(*) FROM (SELECT 1 FROM fact_outbox WHERE batch_id IS NULL LIMIT 5000) w)
        + (SELECT count(*) FROM event_batch WHERE is_open) AS events,
    (SELECT count(*) FROM (SELECT 1 FROM message
        WHERE workspace_id = (SELECT current_ws()) AND state = 'intent' AND send_after <= %(now)s LIMIT 5000) w)
        AS intents,
    -- While somebody holds the sending, what is decided stays in the queue and time may pass.
    (SELECT count(*) FROM (SELECT 1 FROM message m JOIN workspace s ON s.id = m.workspace_id
        WHERE m.workspace_id = (SELECT current_ws())
          AND m.state IN ('queued', 'leased', 'sending')
          AND coalesce((s.settings->>'sending_stopped')::boolean, false) IS FALSE LIMIT 5000) w) AS queue,
    (SELECT count(*) FROM broadcast WHERE finished_at IS NULL AND send_at <= %(now)s) AS broadcasts,
    (SELECT count(*) FROM (SELECT 1 FROM click
        WHERE workspace_id = (SELECT current_ws()) AND verdict = '' AND judge_at <= %(now)s LIMIT 5000) w) AS clicks,
    (SELECT count(*) FROM (SELECT 1 FROM enrolment
        WHERE workspace_id = (SELECT current_ws()) AND is_active AND due_at <= %(now)s LIMIT 5000) w) AS enrolments
