-- Workspaces with an enrolment that is due now, by their own clocks. The time of the statement, not of the clock:
-- an index is not asked about what may change from row to row, and all who wait would be read each second.
CREATE OR REPLACE FUNCTION due_journeys() RETURNS TABLE (workspace_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT w.id FROM workspace w
    WHERE EXISTS (SELECT 1 FROM enrolment e WHERE e.workspace_id = w.id AND e.is_active
                  AND e.due_at <= statement_timestamp() + w.clock_offset)
    ORDER BY w.id
$$;

DROP TRIGGER IF EXISTS append_only ON journey_version;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journey_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
