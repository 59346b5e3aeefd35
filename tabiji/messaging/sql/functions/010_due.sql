-- Which workspaces have something for the gate, the senders, the judge and the broadcasts.
CREATE OR REPLACE FUNCTION due_messages(work text) RETURNS TABLE (workspace_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT w.id FROM workspace w WHERE CASE work
        WHEN 'gate' THEN EXISTS (SELECT 1 FROM message m WHERE m.workspace_id = w.id AND m.state = 'intent'
                                 AND m.send_after <= statement_timestamp() + w.clock_offset)
        WHEN 'send' THEN EXISTS (SELECT 1 FROM message m WHERE m.workspace_id = w.id
                                 AND m.state IN ('queued', 'deferred')
                                 AND (m.next_at IS NULL OR m.next_at <= statement_timestamp()))
        WHEN 'judge' THEN EXISTS (SELECT 1 FROM click c WHERE c.workspace_id = w.id AND c.verdict = ''
                                  AND c.judge_at <= statement_timestamp() + w.clock_offset)
        WHEN 'broadcast' THEN EXISTS (SELECT 1 FROM broadcast b WHERE b.workspace_id = w.id
                                      AND b.finished_at IS NULL AND b.send_at IS NOT NULL
                                      AND b.send_at <= statement_timestamp() + w.clock_offset)
        ELSE false END
    ORDER BY w.id
$$;

-- Messages held by a sender that no longer lives: never begun goes back, begun is uncertain.
CREATE OR REPLACE FUNCTION held_senders() RETURNS TABLE (workspace_id bigint, sender integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT DISTINCT m.workspace_id, m.sender FROM message m WHERE m.state IN ('leased', 'sending') $$;

-- Where a link of a message leads. The caller has checked the signature of the link.
CREATE OR REPLACE FUNCTION click_target(asked_workspace bigint, asked_message bigint)
RETURNS TABLE (person_id uuid, mail_id bigint, mail_version_id bigint, initiative_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT m.person_id, m.mail_id, m.mail_version_id, m.initiative_id
    FROM message m WHERE m.workspace_id = asked_workspace AND m.id = asked_message
$$;

-- One link of a mail version: its address and kind. The caller has checked the signature of the link.
CREATE OR REPLACE FUNCTION mail_link(asked_workspace bigint, asked_version bigint, asked_number integer)
RETURNS TABLE (url text, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT l->>'url', l->>'kind'
    FROM mail_version v CROSS JOIN LATERAL jsonb_array_elements(v.links) AS l
    WHERE v.workspace_id = asked_workspace AND v.id = asked_version AND (l->>'number')::integer = asked_number
$$;
