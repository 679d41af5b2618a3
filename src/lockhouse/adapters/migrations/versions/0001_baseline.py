"""The first schema of both stores; its DDL lies beside it."""

from alembic import context, op

from lockhouse.adapters.migrations.freeze import baseline
from lockhouse.adapters.migrations.newest import statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table and index of the store at hand."""
    attributes = context.config.attributes
    text = baseline(attributes["store"], attributes["dialect"]).read_text(encoding="utf-8")
    for statement in statements(text):
        op.execute(statement)
