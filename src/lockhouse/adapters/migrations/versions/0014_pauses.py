"""Channels and recipients that were taken out of service for now."""

from alembic import context, op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE pause (
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
 STRICT"""
POSTGRESQL = """CREATE TABLE pause (
    what TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    state BIGINT NOT NULL,
    at BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (what, number)
)"""


def upgrade() -> None:
    """Make the table in the record store."""
    attributes = context.config.attributes
    if attributes["store"] == "record":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
