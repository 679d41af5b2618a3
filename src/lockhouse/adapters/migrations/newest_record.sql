CREATE TABLE asked (
    id BLOB NOT NULL,
    channel INTEGER NOT NULL,
    what TEXT NOT NULL,
    reference TEXT NOT NULL,
    persons BLOB NOT NULL,
    at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    settled_at INTEGER,
    "by" TEXT NOT NULL,
    reason TEXT NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX asked_state ON asked (state);

CREATE TABLE checkpoint (
    size INTEGER NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (size)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE correction (
    record BLOB NOT NULL,
    person BLOB NOT NULL,
    field INTEGER NOT NULL,
    at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    state INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (record)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX correction_person ON correction (person);

CREATE TABLE deletion (
    record BLOB NOT NULL,
    leaf BLOB NOT NULL,
    cause TEXT NOT NULL,
    entry BLOB NOT NULL,
    PRIMARY KEY (record)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE drop_count (
    channel INTEGER NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (channel, path, reason)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE drop_list (
    day INTEGER NOT NULL,
    id BLOB NOT NULL,
    paths BLOB NOT NULL,
    PRIMARY KEY (day, id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE house (
    one INTEGER NOT NULL,
    id BLOB NOT NULL,
    log TEXT NOT NULL,
    policy_epoch INTEGER NOT NULL,
    key_epoch INTEGER NOT NULL,
    tree_size INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    last_at INTEGER NOT NULL,
    steady_at INTEGER NOT NULL,
    PRIMARY KEY (one)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE import_batch (
    id BLOB NOT NULL,
    channel INTEGER NOT NULL,
    state INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    line INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    trimmed INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    moved_at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE import_record (
    batch BLOB NOT NULL,
    record BLOB NOT NULL,
    message BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (batch, record)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE intake (
    seq INTEGER NOT NULL,
    entry BLOB NOT NULL,
    records BLOB NOT NULL,
    leaves BLOB NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (entry)
)
 STRICT;

CREATE TABLE intent (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    state INTEGER NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX intent_kind ON intent (kind);

CREATE INDEX intent_state ON intent (state);

CREATE TABLE job (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    dedupe TEXT,
    cursor BLOB NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    lease_owner BLOB,
    lease_until INTEGER,
    fence INTEGER NOT NULL,
    fault TEXT,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX job_dedupe ON job (dedupe);

CREATE INDEX job_state_run_at ON job (state, run_at);

CREATE TABLE lane (
    name TEXT NOT NULL,
    counter INTEGER NOT NULL,
    head BLOB NOT NULL,
    fence INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (name)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE ledger_entry (
    id BLOB NOT NULL,
    lane TEXT NOT NULL,
    counter INTEGER NOT NULL,
    position INTEGER,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    leaf BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX ledger_entry_lane_counter ON ledger_entry (lane, counter);

CREATE INDEX ledger_entry_position ON ledger_entry (position);

CREATE TABLE name (
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (kind, id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX name_kind_name ON name (kind, name);

CREATE TABLE note (
    entry BLOB NOT NULL,
    ref BLOB NOT NULL,
    salt BLOB NOT NULL,
    text BLOB NOT NULL,
    PRIMARY KEY (entry, ref)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX note_ref ON note (ref);

CREATE TABLE outbox (
    id BLOB NOT NULL,
    recipient INTEGER NOT NULL,
    person BLOB NOT NULL,
    record BLOB NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX outbox_person ON outbox (person);

CREATE INDEX outbox_recipient_state_id ON outbox (recipient, state, id);

CREATE TABLE pause (
    what TEXT NOT NULL,
    number INTEGER NOT NULL,
    state INTEGER NOT NULL,
    at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (what, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE policy_approval (
    version INTEGER NOT NULL,
    base INTEGER NOT NULL,
    effects BLOB NOT NULL,
    ends INTEGER NOT NULL,
    proposer TEXT NOT NULL,
    standing TEXT NOT NULL,
    settings TEXT NOT NULL,
    staff BLOB NOT NULL,
    factor BLOB NOT NULL,
    rp_id TEXT NOT NULL,
    origin TEXT NOT NULL,
    ceremony TEXT NOT NULL,
    answer TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (version)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE policy_version (
    id INTEGER NOT NULL,
    hash BLOB NOT NULL,
    document BLOB NOT NULL,
    compiled BLOB NOT NULL,
    state INTEGER NOT NULL,
    at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE quarantine (
    id BLOB NOT NULL,
    channel INTEGER NOT NULL,
    person BLOB NOT NULL,
    at INTEGER NOT NULL,
    boxes BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX quarantine_channel_id ON quarantine (channel, id);

CREATE TABLE quota (
    owner TEXT NOT NULL,
    since INTEGER NOT NULL,
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    persons INTEGER NOT NULL,
    seen BLOB NOT NULL,
    tries BLOB NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (owner)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE read_shut (
    cause TEXT NOT NULL,
    at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (cause)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE receipt (
    seq INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    message BLOB NOT NULL,
    body BLOB NOT NULL,
    record BLOB,
    at INTEGER NOT NULL,
    code TEXT NOT NULL,
    detail BLOB NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (channel, message)
)
 STRICT;

CREATE INDEX receipt_at ON receipt (at);

CREATE TABLE record (
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    person BLOB NOT NULL,
    channel INTEGER NOT NULL,
    event INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    assurance INTEGER NOT NULL,
    proof INTEGER NOT NULL,
    policy INTEGER NOT NULL,
    salt BLOB NOT NULL,
    clear BLOB NOT NULL,
    boxes BLOB NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (id)
)
 STRICT;

CREATE INDEX record_person_id ON record (person, id);

CREATE TABLE repeat (
    tag BLOB NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (tag)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE seal (
    person BLOB NOT NULL,
    version INTEGER NOT NULL,
    state INTEGER NOT NULL,
    PRIMARY KEY (person)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE snapshot (
    person BLOB NOT NULL,
    compartment INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    serial BLOB NOT NULL,
    upto BLOB NOT NULL,
    covers INTEGER NOT NULL,
    root BLOB NOT NULL,
    blob BLOB NOT NULL,
    PRIMARY KEY (person, compartment, epoch)
)
 WITHOUT ROWID,
 STRICT;
