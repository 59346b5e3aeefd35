-- Walls between workspaces: every table with a workspace_id gets forced row-level security that fails closed.
DO $$
DECLARE
    found record;
    wall text;
BEGIN
    FOR found IN
        SELECT c.oid::regclass AS name, c.relname, a.attname, c.relispartition
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
        JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
            AND (a.attname = 'workspace_id' OR (c.relname = 'workspace' AND a.attname = 'id'))
        WHERE c.relkind IN ('r', 'p') AND c.relname <> 'staff_mail'
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', found.name);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', found.name);
        IF NOT EXISTS (SELECT 1 FROM pg_policies WHERE schemaname = current_schema()
                       AND tablename = found.relname AND policyname = 'one_workspace') THEN
            wall := format('%I = (SELECT current_ws())', found.attname);
            EXECUTE format('CREATE POLICY one_workspace ON %s TO tabiji_app USING (%s) WITH CHECK (%s)',
                           found.name, wall, wall);
            EXECUTE format('CREATE POLICY maintenance ON %s TO CURRENT_USER USING (true) WITH CHECK (true)',
                           found.name);
        END IF;
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA public TO tabiji_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tabiji_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO tabiji_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO tabiji_app;
REVOKE INSERT, DELETE ON workspace FROM tabiji_app;
REVOKE UPDATE, DELETE ON audit_entry FROM tabiji_app;
REVOKE ALL ON django_migrations FROM tabiji_app;
