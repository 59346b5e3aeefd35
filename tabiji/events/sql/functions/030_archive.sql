-- What the archive and a rebuild may know across workspaces: streams, and how old the oldest finished batch of each is.
CREATE OR REPLACE FUNCTION event_streams()
RETURNS TABLE (workspace_id bigint, shard smallint, last_batch bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT s.workspace_id, s.shard, s.last_batch FROM event_stream s ORDER BY 1, 2
$$;

-- Batches of a stream close in the order of their numbers: where the first is young, all are.
CREATE OR REPLACE FUNCTION archive_due(keep interval)
RETURNS TABLE (workspace_id bigint, shard smallint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT s.workspace_id, s.shard
    FROM event_stream s
    CROSS JOIN LATERAL (
        SELECT b.closed_at FROM event_batch b
        WHERE b.workspace_id = s.workspace_id AND b.shard = s.shard AND NOT b.is_open
            AND NOT EXISTS (SELECT FROM parked_batch p
                            WHERE p.workspace_id = b.workspace_id AND p.shard = b.shard
                                AND p.batch_id = b.batch_id AND p.settled_at IS NULL)
        ORDER BY b.batch_id
        LIMIT 1
    ) AS oldest
    WHERE oldest.closed_at <= statement_timestamp() - keep
    ORDER BY oldest.closed_at
$$;

-- Every file of the archive, for whoever compares the folder with what should be there.
CREATE OR REPLACE FUNCTION archived_files()
RETURNS TABLE (path text, bytes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT a.path, a.bytes FROM event_archive a WHERE a.state = 'kept'
$$;

-- Take a session lock in turn; false where nobody let it go in time.
CREATE OR REPLACE FUNCTION stream_waited_for(kind integer, stream integer, patience interval)
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM set_config('lock_timeout', (extract(epoch FROM patience) * 1000)::bigint::text, true);
    PERFORM pg_advisory_lock(kind, stream);
    PERFORM set_config('lock_timeout', '0', true);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$;
