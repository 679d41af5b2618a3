"""The first schema, which stands, and the DDL of the row classes as they are now.

Each change of the rows gets a step of its own in `versions`; a test compares what all of them make with the classes.
After such a change `python -m lockhouse.adapters.migrations.freeze` writes `newest` again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from lockhouse.adapters.migrations.metadata import metadata
from lockhouse.adapters.migrations.newest import END, file_of
from lockhouse.adapters.tables import STORES

if TYPE_CHECKING:
    from lockhouse.model.rows import Store

Dialect = Literal["sqlite", "postgresql"]
VERSIONS = Path(__file__).parent / "versions"
DIALECTS: tuple[Dialect, ...] = ("sqlite", "postgresql")
_DIALECTS = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}


def baseline(store: Store, dialect: Dialect = "sqlite") -> Path:
    """The file with the first schema of one store."""
    return VERSIONS / (f"0001_{store}.sql" if dialect == "sqlite" else f"0001_{store}_{dialect}.sql")


def ddl(store: Store, of: Dialect = "sqlite") -> str:
    """The statements that make one store's tables and indexes, as the row classes are now."""
    dialect = _DIALECTS[of]()
    made: list[str] = []
    for table in metadata(store).sorted_tables:
        made.append(_tidy(str(CreateTable(table).compile(dialect=dialect))))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made.extend(_tidy(str(CreateIndex(index).compile(dialect=dialect))) for index in indexes)
    return END.join(made) + ";\n"


def _tidy(statement: str) -> str:
    return "\n".join(line.rstrip().replace("\t", "    ") for line in statement.strip().splitlines())


def main() -> None:
    """Write down the newest schema of both stores."""
    for store in STORES:
        file_of(store).write_text(ddl(store), encoding="utf-8")


if __name__ == "__main__":
    main()
