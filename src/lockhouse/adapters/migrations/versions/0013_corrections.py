"""Corrections: that a record holds what staff put right on a person's word."""

from alembic import context, op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE correction (
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
 STRICT"""
POSTGRESQL = """CREATE TABLE correction (
    record BYTEA NOT NULL,
    person BYTEA NOT NULL,
    field BIGINT NOT NULL,
    at BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    state BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (record)
)"""
INDEX = "CREATE INDEX correction_person ON correction (person)"


def upgrade() -> None:
    """Make the table in the record store."""
    attributes = context.config.attributes
    if attributes["store"] == "record":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
        op.execute(INDEX)
