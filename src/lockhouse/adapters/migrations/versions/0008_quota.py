"""How many people each actor has looked up in their hour."""

from alembic import context, op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE quota (
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
 STRICT"""
POSTGRESQL = """CREATE TABLE quota (
    owner TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    run BIGINT NOT NULL,
    at BIGINT NOT NULL,
    persons BIGINT NOT NULL,
    seen BYTEA NOT NULL,
    tries BYTEA NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (owner)
)"""


def upgrade() -> None:
    """Make the table in the record store."""
    attributes = context.config.attributes
    if attributes["store"] == "record":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
