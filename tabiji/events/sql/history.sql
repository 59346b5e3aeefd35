-- Files of history: what was brought in, the pieces still to be taken, and the lines that were refused.

CREATE TABLE history_file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('csv', 'ndjson')),
    header jsonb NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
    is_cancelled boolean NOT NULL DEFAULT false,
    lines_total integer NOT NULL DEFAULT 0,
    lines_taken integer NOT NULL DEFAULT 0,
    lines_refused integer NOT NULL DEFAULT 0,
    by_id bigint,
    at timestamptz NOT NULL,
    finished_at timestamptz,
    error text NOT NULL DEFAULT ''
);
CREATE INDEX history_file_running ON history_file (workspace_id, id) WHERE state = 'running';

-- Some thousand lines each, packed; gone once they are taken.
CREATE TABLE history_piece (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    history_file_id bigint NOT NULL REFERENCES history_file ON DELETE CASCADE,
    body bytea NOT NULL
);
CREATE INDEX history_piece_next ON history_piece (history_file_id, id);

CREATE TABLE history_refusal (
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    history_file_id bigint NOT NULL REFERENCES history_file ON DELETE CASCADE,
    line integer NOT NULL,
    reason text NOT NULL,
    cells jsonb NOT NULL,
    PRIMARY KEY (history_file_id, line)
);
