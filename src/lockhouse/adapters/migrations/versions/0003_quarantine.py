"""What a channel in stage `trial` lacks a place for, sealed until it is replayed or its 72 hours are over."""

from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE quarantine (
    id BLOB NOT NULL,
    channel INTEGER NOT NULL,
    person BLOB NOT NULL,
    at INTEGER NOT NULL,
    boxes BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT"""
POSTGRESQL = """CREATE TABLE quarantine (
    id BYTEA NOT NULL,
    channel BIGINT NOT NULL,
    person BYTEA NOT NULL,
    at BIGINT NOT NULL,
    boxes BYTEA NOT NULL,
    PRIMARY KEY (id)
)"""


def upgrade() -> None:
    """Make table and index in the record store."""
    attributes = context.config.attributes
    if attributes["store"] == "record":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
        op.execute("CREATE INDEX quarantine_channel_id ON quarantine (channel, id)")
