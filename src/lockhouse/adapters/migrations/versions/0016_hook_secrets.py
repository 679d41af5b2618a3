"""Secrets of providers, sealed, by which their deliveries are proven."""

from alembic import context, op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE hook_secret (
    generation INTEGER NOT NULL,
    hash BLOB NOT NULL,
    box BLOB NOT NULL,
    PRIMARY KEY (generation, hash)
)
 WITHOUT ROWID,
 STRICT"""
POSTGRESQL = """CREATE TABLE hook_secret (
    generation BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    box BYTEA NOT NULL,
    PRIMARY KEY (generation, hash)
)"""


def upgrade() -> None:
    """Make the table in the identity store."""
    attributes = context.config.attributes
    if attributes["store"] == "identity":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
