"""Holds, and the keys that they keep."""

from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE TABLE held_key (
    hold BLOB NOT NULL,
    person BLOB NOT NULL,
    compartment INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    serial BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (hold, person, compartment, epoch, serial)
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE TABLE hold (
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
 STRICT""",
)
POSTGRESQL = (
    """CREATE TABLE held_key (
    hold BYTEA NOT NULL,
    person BYTEA NOT NULL,
    compartment BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    serial BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (hold, person, compartment, epoch, serial)
)""",
    """CREATE TABLE hold (
    id BYTEA NOT NULL,
    terms BYTEA NOT NULL,
    keys BIGINT NOT NULL,
    serial BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    wrapped BYTEA,
    state BIGINT NOT NULL,
    at BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (id)
)""",
)


def upgrade() -> None:
    """Make the tables and the index in the identity store."""
    attributes = context.config.attributes
    if attributes["store"] == "identity":
        for statement in SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL:
            op.execute(statement)
        op.execute("CREATE INDEX held_key_person ON held_key (person)")
