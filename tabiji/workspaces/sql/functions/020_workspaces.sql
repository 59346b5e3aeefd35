-- Workspaces as the application may see them outside a scope: by member, by slug, by key, and all for workers.
CREATE OR REPLACE FUNCTION workspaces_of(asked_user bigint)
RETURNS TABLE (workspace_id bigint, slug text, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT w.id, w.slug, w.name, m.role
    FROM member m JOIN workspace w ON w.id = m.workspace_id
    WHERE m.user_id = asked_user AND m.left_at IS NULL
    ORDER BY w.id
$$;

CREATE OR REPLACE FUNCTION all_workspaces()
RETURNS TABLE (id bigint, slug text, name text, timezone text, language text, is_practice boolean,
               clock_offset interval, shards smallint, settings jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT id, slug, name, timezone, language, is_practice, clock_offset, shards, settings
    FROM workspace ORDER BY id
$$;

CREATE OR REPLACE FUNCTION create_workspace(
    new_slug text, new_name text, new_timezone text, new_language text,
    new_is_practice boolean, new_clock_offset interval, new_shards smallint, new_settings jsonb)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    INSERT INTO workspace (slug, name, timezone, language, is_practice, clock_offset, shards, settings)
    VALUES (new_slug, new_name, new_timezone, new_language, new_is_practice, new_clock_offset, new_shards,
            new_settings)
    RETURNING id
$$;

CREATE OR REPLACE FUNCTION find_key(asked text)
RETURNS TABLE (key_id bigint, workspace_id bigint, kind text, digest bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT k.id, k.workspace_id, k.kind, k.digest FROM api_key k
    WHERE k.public = asked AND k.revoked_at IS NULL
$$;

CREATE OR REPLACE FUNCTION write_keys()
RETURNS TABLE (public text, key_id bigint, workspace_id bigint, shards smallint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT k.public, k.id, k.workspace_id, w.shards
    FROM api_key k JOIN workspace w ON w.id = k.workspace_id
    WHERE k.kind = 'write' AND k.revoked_at IS NULL
$$;

-- Practice clocks stand still while nobody keeps the stack alive.
CREATE OR REPLACE FUNCTION keep_practice_clocks(starting boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    UPDATE workspace
    SET clock_offset = CASE WHEN starting AND seen_at IS NOT NULL
                            THEN clock_offset - (clock_timestamp() - seen_at) ELSE clock_offset END,
        seen_at = clock_timestamp()
    WHERE is_practice
$$;

CREATE OR REPLACE FUNCTION open_time_moves() RETURNS TABLE (workspace_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT t.workspace_id FROM time_move t WHERE t.finished_at IS NULL $$;
