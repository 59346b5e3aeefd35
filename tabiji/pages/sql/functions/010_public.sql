-- Public addresses lead to a workspace without anybody signing in; only what is published is found.
CREATE OR REPLACE FUNCTION public_page(workspace_slug text, page_key text)
RETURNS TABLE (workspace_id bigint, page_id bigint, version_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT d.workspace_id, d.definition_id, d.version_id
    FROM workspace w
    JOIN public_draft d ON d.workspace_id = w.id AND d.kind = 'page' AND d.key = page_key
    JOIN definition f ON f.id = d.definition_id AND f.state <> 'archived'
    WHERE w.slug = workspace_slug AND d.version_id IS NOT NULL
$$;

DROP TRIGGER IF EXISTS append_only ON public_version;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON public_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
