-- What happened, append-only. A batch is one block in one partition; rows carry batch and ordinal.
CREATE TABLE event (
    workspace_id UInt32,
    shard UInt8,
    batch_id UInt64,
    ordinal UInt32,
    message_id String,
    subject_id UUID,
    type LowCardinality(String),
    name LowCardinality(String),
    occurred_at DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    machine LowCardinality(String),
    session String,
    url String,
    path String,
    title String,
    referrer String,
    source LowCardinality(String),
    hops UInt8,
    props JSON(max_dynamic_paths = 512),
    INDEX occurred occurred_at TYPE minmax,
    INDEX batch batch_id TYPE minmax
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (workspace_id, name, subject_id, occurred_at);

-- What became different about people, append-only, in the same numbered batches.
CREATE TABLE person_change (
    workspace_id UInt32,
    shard UInt8,
    batch_id UInt64,
    ordinal UInt32,
    person_id UUID,
    kind LowCardinality(String),
    ref String,
    old String,
    new String,
    number Float64,
    occurred_at DateTime64(3, 'UTC'),
    received_at DateTime64(3, 'UTC'),
    actor LowCardinality(String),
    cause String,
    initiative_id UInt64,
    hops UInt8,
    detail String,
    INDEX occurred occurred_at TYPE minmax,
    INDEX batch batch_id TYPE minmax
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (workspace_id, kind, ref, person_id, occurred_at);

-- Present values that changes set: stage, score, lists, consent, audiences, deals. The last version wins.
CREATE TABLE person_value (
    workspace_id UInt32,
    shard UInt8,
    batch_id UInt64,
    ordinal UInt32,
    kind LowCardinality(String),
    ref String,
    person_id UUID,
    value String,
    number Float64,
    since DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (workspace_id, kind, ref, person_id);

-- Present attributes of people.
CREATE TABLE person (
    workspace_id UInt32,
    shard UInt8,
    batch_id UInt64,
    ordinal UInt32,
    person_id UUID,
    version UInt64,
    gone UInt8,
    created_at DateTime64(3, 'UTC'),
    last_act_at Nullable(DateTime64(3, 'UTC')),
    last_name String,
    first_name String,
    last_kana String,
    first_kana String,
    email String,
    phone String,
    company_id UInt64,
    company String,
    department String,
    title String,
    owner_id UInt64,
    source LowCardinality(String),
    stage LowCardinality(String),
    score Int32,
    fields JSON(max_dynamic_paths = 512)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (workspace_id, person_id);

-- Whose acts these are by now: a visitor who became known, a person who was merged.
CREATE TABLE identity_override (
    workspace_id UInt32,
    shard UInt8,
    batch_id UInt64,
    ordinal UInt32,
    subject_id UUID,
    person_id UUID,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (workspace_id, subject_id);
