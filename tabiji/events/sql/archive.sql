-- The archive's files, and the way to what a finished batch was made of.

-- A file of the archive: begun before it is written, kept once it was read back and its batches are gone from here.
CREATE TABLE event_archive (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    shard smallint NOT NULL,
    day date NOT NULL,
    relation text NOT NULL,
    first_batch bigint NOT NULL,
    last_batch bigint NOT NULL,
    path text NOT NULL,
    rows bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    checksum text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'begun' CHECK (state IN ('begun', 'kept')),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX event_archive_path ON event_archive (workspace_id, path);
CREATE INDEX event_archive_stream ON event_archive (workspace_id, shard, first_batch);

-- Accepting leaves these alone: a row gets its batch when it is claimed.
CREATE INDEX event_inbox_batch ON event_inbox (workspace_id, shard, batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX fact_outbox_batch ON fact_outbox (workspace_id, shard, batch_id) WHERE batch_id IS NOT NULL;
