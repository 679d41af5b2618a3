"""Service tokens, and the day of their last use."""

from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE TABLE token (
    generation INTEGER NOT NULL,
    hash BLOB NOT NULL,
    id BLOB NOT NULL,
    owner TEXT NOT NULL,
    terms BLOB NOT NULL,
    shown TEXT NOT NULL,
    state INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    follows BLOB NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (generation, hash)
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE TABLE token_use (
    token BLOB NOT NULL,
    day INTEGER NOT NULL,
    PRIMARY KEY (token)
)
 WITHOUT ROWID,
 STRICT""",
)
POSTGRESQL = (
    """CREATE TABLE token (
    generation BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    id BYTEA NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    terms BYTEA NOT NULL,
    shown TEXT COLLATE "C" NOT NULL,
    state BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    follows BYTEA NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (generation, hash)
)""",
    """CREATE TABLE token_use (
    token BYTEA NOT NULL,
    day BIGINT NOT NULL,
    PRIMARY KEY (token)
)""",
)


def upgrade() -> None:
    """Make the tables and the index in the identity store."""
    attributes = context.config.attributes
    if attributes["store"] == "identity":
        for statement in SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL:
            op.execute(statement)
        op.execute("CREATE INDEX token_id ON token (id)")
