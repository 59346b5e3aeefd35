-- Journeys (the header is a definition), their versions, and enrolments.
CREATE TABLE journey (
    id bigint PRIMARY KEY REFERENCES definition ON DELETE CASCADE,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    initiative_id bigint NOT NULL DEFAULT 0,
    draft jsonb NOT NULL,
    draft_revision integer NOT NULL DEFAULT 1,
    draft_saved_at timestamptz NOT NULL DEFAULT now(),
    draft_saved_by bigint,
    version_id bigint
);

CREATE TABLE journey_version (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    journey_id bigint NOT NULL REFERENCES journey ON DELETE CASCADE,
    number integer NOT NULL,
    graph jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    published_by bigint,
    UNIQUE (journey_id, number)
);
ALTER TABLE journey ADD FOREIGN KEY (version_id) REFERENCES journey_version;

-- One person's way through one version, for one cause. due_at is business time.
CREATE TABLE enrolment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    journey_id bigint NOT NULL,
    version_id bigint NOT NULL,
    person_id uuid NOT NULL,
    cause text NOT NULL,
    node text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    due_at timestamptz,
    has_waited boolean NOT NULL DEFAULT false,
    asked_at timestamptz,
    fence integer NOT NULL DEFAULT 0,
    attempts smallint NOT NULL DEFAULT 0,
    hops smallint NOT NULL DEFAULT 0,
    entered_at timestamptz NOT NULL,
    arrived_at timestamptz NOT NULL,
    last_message_at timestamptz,
    finished_at timestamptz,
    outcome text NOT NULL DEFAULT '',
    error text NOT NULL DEFAULT ''
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX enrolment_cause ON enrolment (journey_id, person_id, cause);
CREATE INDEX enrolment_due ON enrolment (workspace_id, due_at) WHERE is_active AND due_at IS NOT NULL;
CREATE INDEX enrolment_at_node ON enrolment (journey_id, node) WHERE is_active;
CREATE INDEX enrolment_of_person ON enrolment (person_id, id DESC);
CREATE INDEX enrolment_parked ON enrolment (workspace_id) WHERE error <> '';
