"""The writer of a house whose stores lie on PostgreSQL, in a thread of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.adapters.postgres.shelf import PostgresShelf
from lockhouse.adapters.threaded_writer import ThreadedWriter

if TYPE_CHECKING:
    from lockhouse.adapters.group_commit.engine import WriterParts
    from lockhouse.adapters.postgres.link import Places


class PostgresWriter(ThreadedWriter[PostgresShelf]):
    """`Commits` and `Epochs` on two databases."""

    def __init__(self, places: Places, parts: WriterParts) -> None:
        """Reach both.

        Raises:
            Unavailable: one is away or has another writer, or its schema is not this release's.
            Tampered: one is not as this house left it.
        """
        super().__init__(lambda: PostgresShelf(places), parts)

    def _close_shelf(self) -> None:
        self._shelf.close()
