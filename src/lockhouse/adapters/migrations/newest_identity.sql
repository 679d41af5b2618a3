CREATE TABLE access_grant (
    id BLOB NOT NULL,
    staff BLOB NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    step TEXT NOT NULL,
    terms BLOB NOT NULL,
    asked_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    approved_by TEXT NOT NULL,
    review INTEGER NOT NULL,
    box BLOB NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX access_grant_staff ON access_grant (staff);

CREATE TABLE access_review (
    id BLOB NOT NULL,
    state INTEGER NOT NULL,
    lines BLOB NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    signed_by TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE attempts (
    scope INTEGER NOT NULL,
    tag BLOB NOT NULL,
    failures INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    PRIMARY KEY (scope, tag)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE attestation (
    actor TEXT NOT NULL,
    fact TEXT NOT NULL,
    until_at INTEGER,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (actor, fact)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE ceremony (
    tag BLOB NOT NULL,
    kind INTEGER NOT NULL,
    staff BLOB NOT NULL,
    session BLOB NOT NULL,
    bound BLOB NOT NULL,
    box BLOB NOT NULL,
    until_at INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (tag)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE consent (
    person BLOB NOT NULL,
    purpose INTEGER NOT NULL,
    at INTEGER NOT NULL,
    id BLOB NOT NULL,
    state INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    signal TEXT NOT NULL,
    assurance INTEGER NOT NULL,
    notice TEXT,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (person, purpose, at, id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE credential (
    generation INTEGER NOT NULL,
    hash BLOB NOT NULL,
    channel INTEGER NOT NULL,
    assurance INTEGER NOT NULL,
    shown TEXT NOT NULL,
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    until_at INTEGER,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (generation, hash)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX credential_channel ON credential (channel);

CREATE TABLE epoch_key (
    compartment INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    serial BLOB NOT NULL,
    generation INTEGER NOT NULL,
    wrapped BLOB,
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    shut_at INTEGER,
    entry BLOB,
    PRIMARY KEY (compartment, epoch)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE erased_mark (
    kind INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    tag BLOB NOT NULL,
    case_id BLOB NOT NULL,
    before_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (kind, generation, tag, case_id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE factor (
    staff BLOB NOT NULL,
    id BLOB NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    box BLOB NOT NULL,
    label BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (staff, id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE factor_use (
    staff BLOB NOT NULL,
    id BLOB NOT NULL,
    counter INTEGER NOT NULL,
    at INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (staff, id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE failed_sign_in (
    since INTEGER NOT NULL,
    tag BLOB NOT NULL,
    staff BLOB NOT NULL,
    login BLOB NOT NULL,
    network BLOB NOT NULL,
    way TEXT NOT NULL,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    told INTEGER NOT NULL,
    entry_id BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (since, tag)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX failed_sign_in_since_staff ON failed_sign_in (since, staff);

CREATE INDEX failed_sign_in_staff ON failed_sign_in (staff);

CREATE INDEX failed_sign_in_told ON failed_sign_in (told);

CREATE TABLE held_key (
    hold BLOB NOT NULL,
    person BLOB NOT NULL,
    compartment INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    serial BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (hold, person, compartment, epoch, serial)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX held_key_person ON held_key (person);

CREATE TABLE hold (
    id BLOB NOT NULL,
    terms BLOB NOT NULL,
    keys INTEGER NOT NULL,
    serial BLOB NOT NULL,
    generation INTEGER NOT NULL,
    wrapped BLOB,
    state INTEGER NOT NULL,
    at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE hook_secret (
    generation INTEGER NOT NULL,
    hash BLOB NOT NULL,
    box BLOB NOT NULL,
    PRIMARY KEY (generation, hash)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE house_secret (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    until_at INTEGER,
    PRIMARY KEY (name, version)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE identifier (
    kind INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    tag BLOB NOT NULL,
    proof INTEGER NOT NULL,
    person BLOB NOT NULL,
    first_at INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (kind, generation, tag, proof)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX identifier_person ON identifier (person);

CREATE TABLE index_key (
    kind INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    norm INTEGER NOT NULL,
    kek INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    state INTEGER NOT NULL,
    PRIMARY KEY (kind, generation)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE invite (
    tag BLOB NOT NULL,
    staff BLOB NOT NULL,
    kind INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (tag)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE kek (
    generation INTEGER NOT NULL,
    root TEXT NOT NULL,
    wrapped BLOB,
    state INTEGER NOT NULL,
    wraps INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (generation)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE key_ring (
    seq INTEGER NOT NULL,
    person BLOB NOT NULL,
    generation INTEGER NOT NULL,
    version INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (person)
)
 STRICT;

CREATE TABLE limbo (
    person BLOB NOT NULL,
    case_id BLOB NOT NULL,
    generation INTEGER NOT NULL,
    version INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    shut_at INTEGER NOT NULL,
    destroy_at INTEGER NOT NULL,
    PRIMARY KEY (person, case_id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX limbo_destroy_at ON limbo (destroy_at);

CREATE TABLE link (
    id BLOB NOT NULL,
    a BLOB NOT NULL,
    b BLOB NOT NULL,
    kind INTEGER NOT NULL,
    proof INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    until_at INTEGER,
    undone_at INTEGER,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX link_a_until_at ON link (a, until_at);

CREATE INDEX link_b_until_at ON link (b, until_at);

CREATE TABLE lookup (
    kind INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    tag BLOB NOT NULL,
    doubt INTEGER NOT NULL,
    person BLOB NOT NULL,
    PRIMARY KEY (kind, generation, tag, doubt, person)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX lookup_person ON lookup (person);

CREATE TABLE mail (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    box BLOB NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX mail_state_run_at ON mail (state, run_at);

CREATE TABLE person (
    id BLOB NOT NULL,
    state INTEGER NOT NULL,
    region TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    active_at INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE person_flag (
    person BLOB NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (person)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE session (
    tag BLOB NOT NULL,
    id BLOB NOT NULL,
    staff BLOB NOT NULL,
    level INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    step_up_at INTEGER NOT NULL,
    step_up_by BLOB NOT NULL,
    box BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (tag)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX session_staff ON session (staff);

CREATE TABLE staff (
    id BLOB NOT NULL,
    login_tag BLOB NOT NULL,
    box BLOB NOT NULL,
    state INTEGER NOT NULL,
    step TEXT NOT NULL,
    inviter BLOB NOT NULL,
    language TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    active_at INTEGER,
    link BLOB NOT NULL,
    sessions_from INTEGER NOT NULL,
    recovered_at INTEGER,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE staff_identifier (
    tag BLOB NOT NULL,
    staff BLOB NOT NULL,
    id BLOB NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (tag, staff)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX staff_identifier_staff ON staff_identifier (staff);

CREATE TABLE staff_login (
    tag BLOB NOT NULL,
    staff BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (tag)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE staff_role (
    staff BLOB NOT NULL,
    role TEXT NOT NULL,
    state INTEGER NOT NULL,
    proposed_by TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (staff, role)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE suppression (
    kind INTEGER NOT NULL,
    tag BLOB NOT NULL,
    purposes BLOB NOT NULL,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL,
    until_at INTEGER,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (kind, tag)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE token (
    generation INTEGER NOT NULL,
    hash BLOB NOT NULL,
    id BLOB NOT NULL,
    owner TEXT NOT NULL,
    terms BLOB NOT NULL,
    shown TEXT NOT NULL,
    state INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    follows BLOB NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (generation, hash)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX token_id ON token (id);

CREATE TABLE token_use (
    token BLOB NOT NULL,
    day INTEGER NOT NULL,
    PRIMARY KEY (token)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE tombstone (
    serial BLOB NOT NULL,
    person BLOB NOT NULL,
    compartment INTEGER NOT NULL,
    at INTEGER NOT NULL,
    cause INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (serial)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX tombstone_person ON tombstone (person);
