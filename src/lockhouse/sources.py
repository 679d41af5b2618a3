"""Where rows are read from beside files: another system's database. Its library comes with the extra `postgres`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lockhouse.adapters.postgres.query import Query


@asynccontextmanager
async def queried(address: str, text: str) -> AsyncIterator[Query]:
    """See `adapters.postgres.query`.

    Raises:
        Unavailable: the library is not installed, or the database is away.
        Invalid: as there.
    """
    try:
        from lockhouse.adapters.postgres import query  # noqa: PLC0415  # an extra: only who imports so needs it
    except ImportError as err:
        raise Unavailable(
            "import: expected the package asyncpg, got none", hint='pip install "lockhouse[postgres]"'
        ) from err
    async with query.queried(address, text) as found:
        yield found


__all__ = ["queried"]
