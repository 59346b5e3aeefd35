-- Workspaces with an import to carry on.
CREATE OR REPLACE FUNCTION running_imports() RETURNS TABLE (workspace_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT DISTINCT i.workspace_id FROM import_file i WHERE i.state = 'running' $$;
