"""Sign-ins that failed, by the hour, until the ledger tells of them and for seven days."""

from alembic import context, op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE failed_sign_in (
    since INTEGER NOT NULL,
    tag BLOB NOT NULL,
    staff BLOB NOT NULL,
    login BLOB NOT NULL,
    network BLOB NOT NULL,
    way TEXT NOT NULL,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    told INTEGER NOT NULL,
    entry_id BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (since, tag)
)
 WITHOUT ROWID,
 STRICT"""
POSTGRESQL = """CREATE TABLE failed_sign_in (
    since BIGINT NOT NULL,
    tag BYTEA NOT NULL,
    staff BYTEA NOT NULL,
    login BYTEA NOT NULL,
    network BYTEA NOT NULL,
    way TEXT COLLATE "C" NOT NULL,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    told BIGINT NOT NULL,
    entry_id BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (since, tag)
)"""


def upgrade() -> None:
    """Make the table in the identity store."""
    attributes = context.config.attributes
    if attributes["store"] == "identity":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
        op.execute("CREATE INDEX failed_sign_in_since_staff ON failed_sign_in (since, staff)")
        op.execute("CREATE INDEX failed_sign_in_staff ON failed_sign_in (staff)")
        op.execute("CREATE INDEX failed_sign_in_told ON failed_sign_in (told)")
