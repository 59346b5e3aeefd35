-- The exclusions from numbers that audiences know, as one digest; a changed digest means: look again.
CREATE OR REPLACE FUNCTION exclusions_digest(asked bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT coalesce(md5(string_agg(kind || ':' || value, ',' ORDER BY kind, value)), '')
    FROM exclusion WHERE workspace_id = asked AND from_numbers AND kind <> 'ip'
$$;

-- Audiences of all workspaces whose members may have changed, the longest rested first.
CREATE OR REPLACE FUNCTION audiences_due() RETURNS TABLE (workspace_id bigint, audience_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT a.workspace_id, a.id
    FROM audience a
    JOIN workspace w ON w.id = a.workspace_id
    JOIN definition d ON d.id = a.id AND d.state <> 'archived'
    WHERE a.not_before <= statement_timestamp()
      AND (a.touches > a.seen_touches OR a.version <> a.refreshed_version
           OR a.next_window_at <= statement_timestamp() + w.clock_offset
           OR a.exclusions <> exclusions_digest(a.workspace_id))
    ORDER BY a.not_before
$$;
