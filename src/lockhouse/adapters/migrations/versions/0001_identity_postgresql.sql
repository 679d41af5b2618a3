CREATE TABLE attestation (
    actor TEXT COLLATE "C" NOT NULL,
    fact TEXT COLLATE "C" NOT NULL,
    until_at BIGINT,
    by TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (actor, fact)
);

CREATE TABLE consent (
    person BYTEA NOT NULL,
    purpose BIGINT NOT NULL,
    at BIGINT NOT NULL,
    id BYTEA NOT NULL,
    state BIGINT NOT NULL,
    channel BIGINT NOT NULL,
    signal TEXT COLLATE "C" NOT NULL,
    assurance BIGINT NOT NULL,
    notice TEXT COLLATE "C",
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (person, purpose, at, id)
);

CREATE TABLE credential (
    generation BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    channel BIGINT NOT NULL,
    assurance BIGINT NOT NULL,
    shown TEXT COLLATE "C" NOT NULL,
    state BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    until_at BIGINT,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (generation, hash)
);

CREATE INDEX credential_channel ON credential (channel);

CREATE TABLE epoch_key (
    compartment BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    serial BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    wrapped BYTEA,
    state BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    shut_at BIGINT,
    entry BYTEA,
    PRIMARY KEY (compartment, epoch)
);

CREATE TABLE erased_mark (
    kind BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    tag BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    before_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (kind, generation, tag, case_id)
);

CREATE TABLE house_secret (
    name TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    until_at BIGINT,
    PRIMARY KEY (name, version)
);

CREATE TABLE identifier (
    kind BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    tag BYTEA NOT NULL,
    proof BIGINT NOT NULL,
    person BYTEA NOT NULL,
    first_at BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (kind, generation, tag, proof)
);

CREATE INDEX identifier_person ON identifier (person);

CREATE TABLE index_key (
    kind BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    norm BIGINT NOT NULL,
    kek BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    state BIGINT NOT NULL,
    PRIMARY KEY (kind, generation)
);

CREATE TABLE kek (
    generation BIGINT NOT NULL,
    root TEXT COLLATE "C" NOT NULL,
    wrapped BYTEA,
    state BIGINT NOT NULL,
    wraps BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (generation)
);

CREATE TABLE key_ring (
    seq BIGINT NOT NULL,
    person BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    version BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (person)
);

CREATE TABLE limbo (
    person BYTEA NOT NULL,
    case_id BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    version BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    shut_at BIGINT NOT NULL,
    destroy_at BIGINT NOT NULL,
    PRIMARY KEY (person, case_id)
);

CREATE INDEX limbo_destroy_at ON limbo (destroy_at);

CREATE TABLE link (
    id BYTEA NOT NULL,
    a BYTEA NOT NULL,
    b BYTEA NOT NULL,
    kind BIGINT NOT NULL,
    proof BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT,
    undone_at BIGINT,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX link_a_until_at ON link (a, until_at);

CREATE INDEX link_b_until_at ON link (b, until_at);

CREATE TABLE lookup (
    kind BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    tag BYTEA NOT NULL,
    doubt BIGINT NOT NULL,
    person BYTEA NOT NULL,
    PRIMARY KEY (kind, generation, tag, doubt, person)
);

CREATE INDEX lookup_person ON lookup (person);

CREATE TABLE person (
    id BYTEA NOT NULL,
    state BIGINT NOT NULL,
    region TEXT COLLATE "C",
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    active_at BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE suppression (
    kind BIGINT NOT NULL,
    tag BYTEA NOT NULL,
    purposes BYTEA NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    until_at BIGINT,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (kind, tag)
);

CREATE TABLE tombstone (
    serial BYTEA NOT NULL,
    person BYTEA NOT NULL,
    compartment BIGINT NOT NULL,
    at BIGINT NOT NULL,
    cause BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (serial)
);

CREATE INDEX tombstone_person ON tombstone (person);
