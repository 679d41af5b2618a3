"""What a request with an `Idempotency-Key` was answered."""

from alembic import context, op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE repeat (
    tag BLOB NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (tag)
)
 WITHOUT ROWID,
 STRICT"""
POSTGRESQL = """CREATE TABLE repeat (
    tag BYTEA NOT NULL,
    body BYTEA NOT NULL,
    at BIGINT NOT NULL,
    answer BYTEA NOT NULL,
    PRIMARY KEY (tag)
)"""


def upgrade() -> None:
    """Make the table in the record store."""
    attributes = context.config.attributes
    if attributes["store"] == "record":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
