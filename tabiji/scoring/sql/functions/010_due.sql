-- Workspaces in which everybody is to be judged again, in business time.
CREATE OR REPLACE FUNCTION stage_sweeps_due()
RETURNS TABLE (workspace_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT w.id FROM stage_sweep s JOIN workspace w ON w.id = s.workspace_id
    WHERE s.due_at <= statement_timestamp() + w.clock_offset
$$;
