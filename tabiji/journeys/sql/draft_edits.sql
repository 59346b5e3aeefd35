-- The drafts before each edit of a journey, and those taken back: what undo and redo go through.
CREATE TABLE draft_edit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    journey_id bigint NOT NULL REFERENCES journey ON DELETE CASCADE,
    is_undone boolean NOT NULL DEFAULT false,
    graph jsonb NOT NULL
);
CREATE INDEX draft_edit_newest ON draft_edit (journey_id, is_undone, id DESC);
