-- Where a practice mail without a signed return path belongs: by its sender, or by the colleague it is for.
CREATE OR REPLACE FUNCTION practice_place_of_sender(asked text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT w.id FROM sending_domain d JOIN workspace w ON w.id = d.workspace_id
    WHERE w.is_practice AND lower(d.from_address) = lower(asked) ORDER BY w.id LIMIT 1
$$;

-- A colleague who also works in a real workspace has no practice inbox for login mail: others read there.
CREATE OR REPLACE FUNCTION practice_place_of_colleague(asked text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT CASE WHEN bool_and(w.is_practice) THEN min(w.id) END
    FROM staff_user u
    JOIN member m ON m.user_id = u.id AND m.left_at IS NULL
    JOIN workspace w ON w.id = m.workspace_id
    WHERE lower(u.email) = lower(asked)
$$;
