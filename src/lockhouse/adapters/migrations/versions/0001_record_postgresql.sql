CREATE TABLE checkpoint (
    size BIGINT NOT NULL,
    at BIGINT NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (size)
);

CREATE TABLE deletion (
    record BYTEA NOT NULL,
    leaf BYTEA NOT NULL,
    cause TEXT COLLATE "C" NOT NULL,
    entry BYTEA NOT NULL,
    PRIMARY KEY (record)
);

CREATE TABLE drop_count (
    channel BIGINT NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (channel, path, reason)
);

CREATE TABLE house (
    one BIGINT NOT NULL,
    id BYTEA NOT NULL,
    log TEXT COLLATE "C" NOT NULL,
    policy_epoch BIGINT NOT NULL,
    key_epoch BIGINT NOT NULL,
    tree_size BIGINT NOT NULL,
    frontier BYTEA NOT NULL,
    last_at BIGINT NOT NULL,
    steady_at BIGINT NOT NULL,
    PRIMARY KEY (one)
);

CREATE TABLE import_batch (
    id BYTEA NOT NULL,
    channel BIGINT NOT NULL,
    state BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    line BIGINT NOT NULL,
    stored BIGINT NOT NULL,
    trimmed BIGINT NOT NULL,
    duplicate BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    began_at BIGINT NOT NULL,
    moved_at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE import_record (
    batch BYTEA NOT NULL,
    record BYTEA NOT NULL,
    message BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (batch, record)
);

CREATE TABLE intake (
    seq BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    records BYTEA NOT NULL,
    leaves BYTEA NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (entry)
);

CREATE TABLE intent (
    id BYTEA NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL,
    state BIGINT NOT NULL,
    at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX intent_kind ON intent (kind);

CREATE INDEX intent_state ON intent (state);

CREATE TABLE job (
    id BYTEA NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    dedupe TEXT COLLATE "C",
    cursor BYTEA NOT NULL,
    state BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    lease_owner BYTEA,
    lease_until BIGINT,
    fence BIGINT NOT NULL,
    fault TEXT COLLATE "C",
    PRIMARY KEY (id)
);

CREATE INDEX job_dedupe ON job (dedupe);

CREATE INDEX job_state_run_at ON job (state, run_at);

CREATE TABLE lane (
    name TEXT COLLATE "C" NOT NULL,
    counter BIGINT NOT NULL,
    head BYTEA NOT NULL,
    fence BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE ledger_entry (
    id BYTEA NOT NULL,
    lane TEXT COLLATE "C" NOT NULL,
    counter BIGINT NOT NULL,
    position BIGINT,
    at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL,
    leaf BYTEA NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX ledger_entry_lane_counter ON ledger_entry (lane, counter);

CREATE INDEX ledger_entry_position ON ledger_entry (position);

CREATE TABLE name (
    kind TEXT COLLATE "C" NOT NULL,
    id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE INDEX name_kind_name ON name (kind, name);

CREATE TABLE note (
    entry BYTEA NOT NULL,
    ref BYTEA NOT NULL,
    salt BYTEA NOT NULL,
    text BYTEA NOT NULL,
    PRIMARY KEY (entry, ref)
);

CREATE INDEX note_ref ON note (ref);

CREATE TABLE outbox (
    id BYTEA NOT NULL,
    recipient BIGINT NOT NULL,
    person BYTEA NOT NULL,
    record BYTEA NOT NULL,
    state BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    reason TEXT COLLATE "C",
    PRIMARY KEY (id)
);

CREATE INDEX outbox_person ON outbox (person);

CREATE INDEX outbox_recipient_state_id ON outbox (recipient, state, id);

CREATE TABLE policy_version (
    id BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    document BYTEA NOT NULL,
    compiled BYTEA NOT NULL,
    state BIGINT NOT NULL,
    at BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE read_shut (
    cause TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (cause)
);

CREATE TABLE receipt (
    seq BIGINT NOT NULL,
    channel BIGINT NOT NULL,
    message BYTEA NOT NULL,
    body BYTEA NOT NULL,
    record BYTEA,
    at BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    detail BYTEA NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (channel, message)
);

CREATE INDEX receipt_at_channel_message ON receipt (at, channel, message);

CREATE TABLE record (
    seq BIGINT NOT NULL,
    id BYTEA NOT NULL,
    person BYTEA NOT NULL,
    channel BIGINT NOT NULL,
    event BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    assurance BIGINT NOT NULL,
    proof BIGINT NOT NULL,
    policy BIGINT NOT NULL,
    salt BYTEA NOT NULL,
    clear BYTEA NOT NULL,
    boxes BYTEA NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (id)
);

CREATE INDEX record_person_id ON record (person, id);

CREATE TABLE seal (
    person BYTEA NOT NULL,
    version BIGINT NOT NULL,
    state BIGINT NOT NULL,
    PRIMARY KEY (person)
);
