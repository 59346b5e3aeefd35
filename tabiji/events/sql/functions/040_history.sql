-- Workspaces with a file of history to carry on.
CREATE OR REPLACE FUNCTION running_history() RETURNS TABLE (workspace_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT DISTINCT f.workspace_id FROM history_file f WHERE f.state = 'running' $$;
