"""What customers and shops asked of a provider that passed it on."""

from alembic import context, op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE asked (
    id BLOB NOT NULL,
    channel INTEGER NOT NULL,
    what TEXT NOT NULL,
    reference TEXT NOT NULL,
    persons BLOB NOT NULL,
    at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    settled_at INTEGER,
    "by" TEXT NOT NULL,
    reason TEXT NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT"""
POSTGRESQL = """CREATE TABLE asked (
    id BYTEA NOT NULL,
    channel BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    persons BYTEA NOT NULL,
    at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    state BIGINT NOT NULL,
    settled_at BIGINT,
    by TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (id)
)"""


def upgrade() -> None:
    """Make the table in the record store."""
    attributes = context.config.attributes
    if attributes["store"] == "record":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
        op.execute("CREATE INDEX asked_state ON asked (state)")
