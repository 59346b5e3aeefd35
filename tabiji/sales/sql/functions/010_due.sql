-- Workspaces in which a hand-over was not accepted in time, or an appointment is over, in business time.
CREATE OR REPLACE FUNCTION sales_due()
RETURNS TABLE (workspace_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT w.id FROM workspace w
    WHERE EXISTS (
        SELECT 1 FROM hand_over h
        WHERE h.workspace_id = w.id AND h.state = 'pending' AND h.told_overdue_at IS NULL
            AND h.due_at <= statement_timestamp() + w.clock_offset)
        OR EXISTS (
        SELECT 1 FROM appointment a
        WHERE a.workspace_id = w.id AND a.state = 'booked'
            AND a.starts_at <= statement_timestamp() + w.clock_offset
            AND a.starts_at + make_interval(mins => a.minutes) <= statement_timestamp() + w.clock_offset)
$$;
