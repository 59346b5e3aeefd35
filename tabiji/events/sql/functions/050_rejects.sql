-- What was refused is kept for 90 days, and the newest 100,000 of a workspace: a sender that nobody mends fills no disk.
CREATE OR REPLACE FUNCTION forget_rejects() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    WITH bound AS (
        SELECT w.id AS workspace_id,
               coalesce((SELECT r.id FROM event_reject r WHERE r.workspace_id = w.id
                         ORDER BY r.id DESC OFFSET 100000 LIMIT 1), 0) AS last
        FROM workspace w
    ), gone AS (
        DELETE FROM event_reject r USING bound b
        WHERE r.workspace_id = b.workspace_id
            AND (r.id <= b.last OR r.at < statement_timestamp() - interval '90 days')
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
