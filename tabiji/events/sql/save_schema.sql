-- What a colleague says of a name, in place of what was said before.
INSERT INTO event_schema (workspace_id, name, description, is_allowed, blocks, properties)
VALUES (%(workspace)s, %(name)s, %(description)s, %(is_allowed)s, %(blocks)s, %(properties)s)
ON CONFLICT (workspace_id, name) DO UPDATE
SET description = excluded.description, is_allowed = excluded.is_allowed, blocks = excluded.blocks,
    properties = excluded.properties, changed_at = clock_timestamp()
