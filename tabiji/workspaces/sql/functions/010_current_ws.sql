-- The workspace of this transaction, or NULL (which matches nothing) when none was set.
CREATE OR REPLACE FUNCTION current_ws() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('app.ws', true), '')::bigint $$;
