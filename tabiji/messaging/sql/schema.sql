-- Messages from wish to result, clicks waiting for judgement, broadcasts, and how a workspace sends.

-- One row from the wish (intent) to the result. `cause` is unique: one cause, one message.
CREATE TABLE message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    person_id uuid NOT NULL,
    channel text NOT NULL DEFAULT 'mail',
    mail_id bigint NOT NULL,
    mail_version_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('marketing', 'transactional')),
    source text NOT NULL CHECK (source IN ('journey', 'broadcast', 'auto_reply', 'person')),
    source_id bigint NOT NULL,
    cause text NOT NULL,
    initiative_id bigint NOT NULL DEFAULT 0,
    enrolment_id bigint,
    node text NOT NULL DEFAULT '',
    priority smallint NOT NULL DEFAULT 5,
    state text NOT NULL DEFAULT 'intent' CHECK (state IN (
        'intent', 'refused', 'withdrawn', 'queued', 'leased', 'sending',
        'sent', 'deferred', 'bounced', 'failed', 'uncertain')),
    reason text NOT NULL DEFAULT '',
    result text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    asked_at timestamptz NOT NULL,
    send_after timestamptz NOT NULL,
    decided_at timestamptz,
    sent_at timestamptz,
    attempts smallint NOT NULL DEFAULT 0,
    next_at timestamptz,
    sender integer,
    hops smallint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX message_cause ON message (workspace_id, source, source_id, cause, person_id, channel);
-- Business time: when the gate should look at a wish.
CREATE INDEX message_intent ON message (workspace_id, send_after) WHERE state = 'intent';
-- Database time: when a sender should take a decided message.
CREATE INDEX message_queued ON message (workspace_id, priority, id) WHERE state IN ('queued', 'deferred');
CREATE INDEX message_held ON message (sender) WHERE state IN ('leased', 'sending');
CREATE INDEX message_of_person ON message (person_id, id DESC);
CREATE INDEX message_of_enrolment ON message (enrolment_id) WHERE enrolment_id IS NOT NULL;
CREATE INDEX message_uncertain ON message (workspace_id) WHERE state = 'uncertain';

-- A click waits ten minutes of business time before it counts as a person's or a machine's.
CREATE TABLE click (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    event_id text NOT NULL,
    message_id bigint NOT NULL,
    person_id uuid NOT NULL,
    link_number integer NOT NULL,
    link_kind text NOT NULL,
    clicked_at timestamptz NOT NULL,
    judge_at timestamptz NOT NULL,
    signs text[] NOT NULL DEFAULT '{}',
    verdict text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    hops smallint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX click_once ON click (workspace_id, event_id);
CREATE INDEX click_unsure ON click (workspace_id, judge_at) WHERE verdict = '';
CREATE INDEX click_unsure_person ON click (person_id) WHERE verdict = '';
CREATE INDEX click_of_message ON click (message_id);

-- How a workspace sends: server, sender, keys. Secrets are sealed.
CREATE TABLE sending_domain (
    workspace_id bigint PRIMARY KEY REFERENCES workspace ON DELETE CASCADE,
    from_name text NOT NULL,
    from_address text NOT NULL,
    reply_to text NOT NULL DEFAULT '',
    bounce_domain text NOT NULL DEFAULT '',
    host text NOT NULL,
    port integer NOT NULL,
    security text NOT NULL DEFAULT 'starttls' CHECK (security IN ('starttls', 'tls', 'none')),
    username text NOT NULL DEFAULT '',
    password bytea,
    connections smallint NOT NULL DEFAULT 5,
    dkim_domain text NOT NULL DEFAULT '',
    dkim_selector text NOT NULL DEFAULT '',
    dkim_key bytea,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- One mail to one audience, now or at a time.
CREATE TABLE broadcast (
    id bigint PRIMARY KEY REFERENCES definition ON DELETE CASCADE,
    workspace_id bigint NOT NULL REFERENCES workspace ON DELETE CASCADE,
    initiative_id bigint NOT NULL DEFAULT 0,
    condition jsonb NOT NULL,
    mail_id bigint,
    mail_version_id bigint,
    send_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    cursor_after uuid,
    asked integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0
);
CREATE INDEX broadcast_due ON broadcast (workspace_id, send_at) WHERE finished_at IS NULL AND send_at IS NOT NULL;
CREATE SEQUENCE sender_number AS integer CYCLE;
