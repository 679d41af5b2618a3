"""Mail to staff that waits to be sent, sealed."""

from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE mail (
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    box BLOB NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT"""
POSTGRESQL = """CREATE TABLE mail (
    id BYTEA NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    box BYTEA NOT NULL,
    state BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    reason TEXT COLLATE "C",
    PRIMARY KEY (id)
)"""
INDEX = "CREATE INDEX mail_state_run_at ON mail (state, run_at)"


def upgrade() -> None:
    """Make the table in the identity store."""
    attributes = context.config.attributes
    if attributes["store"] == "identity":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
        op.execute(INDEX)
