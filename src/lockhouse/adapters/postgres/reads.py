"""`Reads` on PostgreSQL: a few read-only connections a store, one statement a look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import asyncpg

from lockhouse.adapters.postgres.link import AWAY, COMMAND_S, CONNECT_S, SESSION, away, is_lost, require_sound
from lockhouse.adapters.postgres.sql import by_absence, find_sql, get_sql, scan_sql, takes, turned
from lockhouse.adapters.tables import STORES, check_key, ordered, path, shape_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from lockhouse.adapters.postgres.link import Places
    from lockhouse.adapters.tables import Shape
    from lockhouse.model.change import KeyTuple
    from lockhouse.model.ports import RowT
    from lockhouse.model.rows import Store

_CONNECTIONS = 4


class PostgresReads:
    """Committed rows. Each call is one statement of its own; a connection that was lost is replaced by the next."""

    def __init__(self, pools: dict[Store, Any]) -> None:
        self._pools = pools

    @classmethod
    async def open(cls, places: Places) -> Self:
        """Reach both databases.

        Raises:
            Unavailable: one is away, or does not keep what it answers for.
        """
        reads = cls({})
        try:
            for store in STORES:
                reads._pools[store] = await _pool(places, store)
        except BaseException:
            await reads.close()
            raise
        return reads

    async def close(self) -> None:
        """Let the connections go."""
        for pool in self._pools.values():
            await pool.close()
        self._pools.clear()

    async def get(self, row: type[RowT], keys: Sequence[KeyTuple]) -> dict[KeyTuple, RowT]:
        """The rows with these keys; absent ones are left out.

        Raises:
            Invalid: a tuple that is no key.
            Unavailable: the store is away.
        """
        shape = shape_of(row)
        for key in keys:
            check_key(shape, key, where="get")
        asked = [key for key in dict.fromkeys(keys) if takes(shape, shape.key, key)]
        if not asked:
            return {}
        found = await self._ask(shape, get_sql(row), *turned(asked))
        return {shape.key_of(values): row(*values) for values in map(tuple, found)}

    async def find(
        self,
        row: type[RowT],
        by: Sequence[str],
        values: Sequence[KeyTuple],
        *,
        after: KeyTuple | None = None,
        limit: int | None = None,
    ) -> list[RowT]:
        """Rows whose columns `by` equal one of `values`, ordered and paged as the port says.

        Raises:
            Invalid: `by` is no way into the table, or `after` cannot be placed.
            Unavailable: the store is away.
        """
        asked = set(values)
        way = path(row, by, count=len(asked), after=after)
        shape = way.shape
        parts = by_absence(way.by, [one for one in asked if takes(shape, way.by, one)])
        found: list[tuple[Any, ...]] = []
        for absent, some in parts.items():
            statement = find_sql(row, way.by, absent, way.after_columns)
            found.extend(map(tuple, await self._ask(shape, statement, *turned(some), *(after or ()), limit)))
        if len(parts) > 1:
            places = [shape.at[name] for name in way.order]
            found.sort(key=lambda one: ordered(tuple([one[place] for place in places])))
        return [row(*one) for one in found[:limit]]

    async def scan(self, row: type[RowT], *, chunk: int = 1_000) -> AsyncIterator[list[RowT]]:
        """The whole table in key order, or arrival order for appended rows; each chunk is its own short read.

        Raises:
            Unavailable: the store is away.
        """
        shape = shape_of(row)
        skip = 1 if shape.append else 0
        last: KeyTuple = ()
        while found := [tuple(one) for one in await self._ask(shape, scan_sql(row, first=not last), *last, chunk)]:
            last = found[-1][:1] if shape.append else shape.key_of(found[-1])
            yield [row(*values[skip:]) for values in found]

    async def _ask(self, shape: Shape, statement: str, *values: Any) -> list[Any]:
        try:
            return await self._once(shape.store, statement, values)
        except AWAY as error:
            if not is_lost(error):
                raise away(shape.store, error) from error
        try:  # the server may have ended a connection that rested; a second one that is lost says that it is away
            return await self._once(shape.store, statement, values)
        except AWAY as error:
            raise away(shape.store, error) from error

    async def _once(self, store: Store, statement: str, values: tuple[Any, ...]) -> list[Any]:
        async with self._pools[store].acquire() as connection:
            try:
                found: list[Any] = await connection.fetch(statement, *values)
            except AWAY as error:
                if is_lost(error):
                    connection.terminate()
                raise
            return found


async def _pool(places: Places, store: Store) -> Any:
    async def begin(connection: Any) -> None:
        await require_sound(connection, store)

    address = places.of(store)
    try:
        return await asyncpg.create_pool(
            address,
            min_size=1,
            max_size=_CONNECTIONS,
            init=begin,
            reset=_nothing,
            timeout=CONNECT_S,
            command_timeout=COMMAND_S,
            server_settings={**SESSION, "default_transaction_read_only": "on"},
        )
    except (*AWAY, ValueError) as error:
        raise away(store, error) from error


async def _nothing(_connection: Any) -> None:
    """Nothing is set in a connection that reads, so nothing is to be set back: that would be a way there and back."""
