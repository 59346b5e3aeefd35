-- People by a folded text: pairs of characters narrow, the text decides. Reads the scope's workspace only.
CREATE OR REPLACE FUNCTION search_people(form text, grams text[], most integer)
RETURNS TABLE (id uuid, place bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT f.id, row_number() OVER (ORDER BY f.starts DESC, f.last_act_at DESC NULLS LAST, f.id)
    FROM (
        SELECT p.id, p.last_act_at, strpos(E'\n' || p.search_text, E'\n' || form) > 0 AS starts
        FROM person p
        WHERE p.workspace_id = (SELECT current_ws()) AND p.merged_into IS NULL
          AND p.search @> grams AND strpos(p.search_text, form) > 0
        LIMIT 10000
    ) f
    ORDER BY 2
    LIMIT most
$$;

DROP TRIGGER IF EXISTS append_only ON consent_entry;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON consent_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
