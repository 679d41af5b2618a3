"""Extra access for a while, people who are watched over, and by what staff are customers themselves."""

from alembic import context, op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE TABLE access_grant (
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
 STRICT""",
    """CREATE TABLE person_flag (
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
 STRICT""",
    """CREATE TABLE staff_identifier (
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
 STRICT""",
)
POSTGRESQL = (
    """CREATE TABLE access_grant (
    id BYTEA NOT NULL,
    staff BYTEA NOT NULL,
    kind BIGINT NOT NULL,
    state BIGINT NOT NULL,
    step TEXT COLLATE "C" NOT NULL,
    terms BYTEA NOT NULL,
    asked_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    approved_by TEXT COLLATE "C" NOT NULL,
    review BIGINT NOT NULL,
    box BYTEA NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (id)
)""",
    """CREATE TABLE person_flag (
    person BYTEA NOT NULL,
    state BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (person)
)""",
    """CREATE TABLE staff_identifier (
    tag BYTEA NOT NULL,
    staff BYTEA NOT NULL,
    id BYTEA NOT NULL,
    kind BIGINT NOT NULL,
    state BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (tag, staff)
)""",
)


def upgrade() -> None:
    """Make the tables and the indexes in the identity store."""
    attributes = context.config.attributes
    if attributes["store"] == "identity":
        for statement in SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL:
            op.execute(statement)
        op.execute("CREATE INDEX access_grant_staff ON access_grant (staff)")
        op.execute("CREATE INDEX staff_identifier_staff ON staff_identifier (staff)")
