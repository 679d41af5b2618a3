"""Lists of dropped paths, each once a day, and receipts indexed by their time alone.

Receipts from before keep their lists, which `why` reads as ever.
"""

from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE drop_list (
    day INTEGER NOT NULL,
    id BLOB NOT NULL,
    paths BLOB NOT NULL,
    PRIMARY KEY (day, id)
)
 WITHOUT ROWID,
 STRICT"""
POSTGRESQL = """CREATE TABLE drop_list (
    day BIGINT NOT NULL,
    id BYTEA NOT NULL,
    paths BYTEA NOT NULL,
    PRIMARY KEY (day, id)
)"""


def upgrade() -> None:
    """Make table and index in the record store."""
    attributes = context.config.attributes
    if attributes["store"] == "record":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
        op.execute("DROP INDEX receipt_at_channel_message")
        op.execute("CREATE INDEX receipt_at ON receipt (at)")
