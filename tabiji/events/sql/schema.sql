-- The event stream in PostgreSQL: what was accepted, what was decided, what was refused.

-- Accepted bodies, one row per stream and micro-batch of a collector. Kept until archived.
CREATE TABLE event_inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    shard smallint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    n_events integer NOT NULL,
    body bytea NOT NULL,
    batch_id bigint
);
CREATE INDEX event_inbox_waiting ON event_inbox (workspace_id, shard, id) WHERE batch_id IS NULL;

-- Changes made in PostgreSQL, appended by the transactions that made them. Kept until archived.
CREATE TABLE fact_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    shard smallint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    n_changes integer NOT NULL,
    body bytea NOT NULL,
    batch_id bigint
);
CREATE INDEX fact_outbox_waiting ON fact_outbox (workspace_id, shard, id) WHERE batch_id IS NULL;

-- One row per stream: the last batch numbered, and the last one closed (the watermark).
CREATE TABLE event_stream (
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    shard smallint NOT NULL,
    last_batch bigint NOT NULL DEFAULT 0,
    closed_through bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, shard)
);

-- A batch and its stored decision: what a replay writes, without deciding again.
CREATE TABLE event_batch (
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    shard smallint NOT NULL,
    batch_id bigint NOT NULL,
    is_open boolean NOT NULL DEFAULT true,
    n_events integer NOT NULL,
    n_changes integer NOT NULL,
    oldest timestamptz NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at timestamptz,
    decision bytea NOT NULL,
    PRIMARY KEY (workspace_id, shard, batch_id)
);
ALTER TABLE event_batch ALTER COLUMN decision SET STORAGE EXTERNAL;
CREATE INDEX event_batch_open ON event_batch (workspace_id, shard) WHERE is_open;

-- Message ids seen in the last 30 days: the same event twice has no second effect.
CREATE TABLE event_seen (
    workspace_id bigint NOT NULL,
    message_hash bytea NOT NULL,
    seen_on date NOT NULL,
    PRIMARY KEY (workspace_id, message_hash)
) PARTITION BY HASH (message_hash);
CREATE TABLE event_seen_0 PARTITION OF event_seen FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE event_seen_1 PARTITION OF event_seen FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE event_seen_2 PARTITION OF event_seen FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE event_seen_3 PARTITION OF event_seen FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE INDEX event_seen_age ON event_seen (seen_on);

-- Events that could not be taken in, each with its reason; a colleague can send one again.
CREATE TABLE event_reject (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason text NOT NULL,
    detail text NOT NULL DEFAULT '',
    source text NOT NULL DEFAULT '',
    body bytea NOT NULL,
    replayed_at timestamptz
);
CREATE INDEX event_reject_newest ON event_reject (workspace_id, id DESC);

-- A consumer that failed on a batch: retried, then narrowed to the one event that it cannot take.
CREATE TABLE parked_batch (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    shard smallint NOT NULL,
    batch_id bigint NOT NULL,
    consumer text NOT NULL,
    error text NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp() + interval '5 seconds',
    first_ordinal integer,
    last_ordinal integer,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz
);
CREATE INDEX parked_batch_due ON parked_batch (next_at) WHERE settled_at IS NULL;
