"""`lockhouse migrate`: the stores brought to this release's schema."""

from __future__ import annotations

from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said, table
from lockhouse.wiring import SCHEMA, migrate_house, schema_of


def migrate(*, check: bool = False, call: Here) -> Said:
    """Bring both stores to this release's schema. Stop the house first, and take a backup.

    Args:
        check: only say what would be done.
    """
    folder = call.folder()
    had = schema_of(folder) if check else migrate_house(folder)
    rows = [
        (
            store,
            version or "none",
            SCHEMA,
            "current" if version == SCHEMA else "to be migrated" if check else "migrated",
        )
        for store, version in had.items()
    ]
    value = {"schema": SCHEMA, "had": had, "changed": not check and any(one != SCHEMA for one in had.values())}
    return Said(value, table(("store", "had", "schema", "state"), rows))
