"""Snapshots: what a fold can need of many records of a person, sealed with their own keys."""

from alembic import context, op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQLITE = """CREATE TABLE snapshot (
    person BLOB NOT NULL,
    compartment INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    serial BLOB NOT NULL,
    upto BLOB NOT NULL,
    covers INTEGER NOT NULL,
    root BLOB NOT NULL,
    blob BLOB NOT NULL,
    PRIMARY KEY (person, compartment, epoch)
)
 WITHOUT ROWID,
 STRICT"""
POSTGRESQL = """CREATE TABLE snapshot (
    person BYTEA NOT NULL,
    compartment BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    serial BYTEA NOT NULL,
    upto BYTEA NOT NULL,
    covers BIGINT NOT NULL,
    root BYTEA NOT NULL,
    blob BYTEA NOT NULL,
    PRIMARY KEY (person, compartment, epoch)
)"""


def upgrade() -> None:
    """Make the table in the record store."""
    attributes = context.config.attributes
    if attributes["store"] == "record":
        op.execute(SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL)
