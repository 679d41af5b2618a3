"""What a member of staff signed when they approved a policy."""

from alembic import context, op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE policy_approval (
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
 STRICT"""
POSTGRESQL = """CREATE TABLE policy_approval (
    version BIGINT NOT NULL,
    base BIGINT NOT NULL,
    effects BYTEA NOT NULL,
    ends BIGINT NOT NULL,
    proposer TEXT COLLATE "C" NOT NULL,
    standing TEXT COLLATE "C" NOT NULL,
    settings TEXT COLLATE "C" NOT NULL,
    staff BYTEA NOT NULL,
    factor BYTEA NOT NULL,
    rp_id TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    ceremony TEXT COLLATE "C" NOT NULL,
    answer TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (version)
)"""


def upgrade() -> None:
    """Make the table in the record store."""
    attributes = context.config.attributes
    if attributes["store"] == "record":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
