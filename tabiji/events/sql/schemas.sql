-- What colleagues say of names of events, and what of it did not hold; the test event that measures the way.

-- A description and a rule: is the name allowed, which properties must there be, of which kind.
CREATE TABLE event_schema (
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    is_allowed boolean NOT NULL DEFAULT true,
    blocks boolean NOT NULL DEFAULT false,
    properties jsonb NOT NULL DEFAULT '[]',
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workspace_id, name)
);

-- Stored events that differ from a rule which only warns, counted by day.
CREATE TABLE event_warning (
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    name text NOT NULL,
    day date NOT NULL,
    reason text NOT NULL,
    property text NOT NULL,
    count bigint NOT NULL,
    last_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workspace_id, name, day, reason, property)
);

-- The last test event of a workspace. read_at: when it could be read; NULL while it is under way.
-- came_at, lag_ms: of the last one that came through.
CREATE TABLE event_canary (
    workspace_id bigint PRIMARY KEY REFERENCES workspace ON DELETE CASCADE,
    message_id text NOT NULL,
    sent_at timestamptz NOT NULL,
    read_at timestamptz,
    came_at timestamptz,
    lag_ms integer
);
