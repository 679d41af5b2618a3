"""The newest schema of a house's files, as it is written down: what a file is made by, and held against when opened.

SQLAlchemy says it from the row classes (`freeze`), and takes longer to load than most commands take to do their work.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockhouse.model.rows import Store

END = ";\n\n"
"""Between two statements of such a file."""


def file_of(store: Store) -> Path:
    """The file with the newest schema of one store, for SQLite."""
    return Path(__file__).parent / f"newest_{store}.sql"


def newest(store: Store) -> list[str]:
    """The statements that make one store's tables and indexes."""
    return statements(file_of(store).read_text(encoding="utf-8"))


def statements(text: str) -> list[str]:
    """The statements of such a file."""
    return text.rstrip(";\n").split(END)
