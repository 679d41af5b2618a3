"""Reviews of who holds which role."""

from alembic import context, op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE access_review (
    id BLOB NOT NULL,
    state INTEGER NOT NULL,
    lines BLOB NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    signed_by TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT"""
POSTGRESQL = """CREATE TABLE access_review (
    id BYTEA NOT NULL,
    state BIGINT NOT NULL,
    lines BYTEA NOT NULL,
    opened_by TEXT COLLATE "C" NOT NULL,
    opened_at BIGINT NOT NULL,
    signed_by TEXT COLLATE "C" NOT NULL,
    signed_at BIGINT NOT NULL,
    "by" TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (id)
)"""


def upgrade() -> None:
    """Make the table in the identity store."""
    attributes = context.config.attributes
    if attributes["store"] == "identity":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
