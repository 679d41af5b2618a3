"""Make, check and migrate the databases of a house: what `migrations.run` and `migrations.schema` are for its files.

Alembic writes the way from one version to the next as SQL, which runs in one transaction: a database is at one version
or at the other, also after a crash.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lockhouse.adapters.migrations import HEAD
from lockhouse.adapters.migrations.metadata import metadata
from lockhouse.adapters.migrations.run import way_up
from lockhouse.adapters.postgres.link import AWAY, WRITER_LOCK, away, connect
from lockhouse.adapters.postgres.sql import TYPES
from lockhouse.adapters.tables import STORES, Shape, shapes
from lockhouse.errors import Tampered, Unavailable

if TYPE_CHECKING:
    from lockhouse.adapters.postgres.link import Places
    from lockhouse.model.rows import Store

_VERSION_TABLE = {
    "column alembic_version.version_num character varying(32) not null",
    "index CREATE UNIQUE INDEX alembic_version_pkc ON public.alembic_version USING btree (version_num)",
}
_FOUNDED = {"identity": "kek", "record": "house"}
_CATALOG = """
    SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || CASE WHEN k.collname = 'C' THEN ' collate C' ELSE '' END
        || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        || CASE WHEN a.atthasdef OR a.attidentity <> '' THEN ' with a default' ELSE '' END
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_collation k ON k.oid = a.attcollation
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'index ' || replace(pg_get_indexdef(i.indexrelid), '"', '')
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'trigger ' || t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'trigger ' || evtname FROM pg_event_trigger
    UNION ALL
    SELECT 'rule ' || r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'operator ' || oprname FROM pg_operator WHERE oprnamespace <> 'pg_catalog'::regnamespace
    UNION ALL
    SELECT 'cast ' || oid FROM pg_cast WHERE oid >= 16384
    UNION ALL
    SELECT 'type ' || typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype NOT IN ('b', 'c')
    UNION ALL
    SELECT 'constraint ' || conname FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype NOT IN ('p', 'u', 'n')
    UNION ALL
    SELECT 'policy ' || relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND (relrowsecurity OR relispartition OR relhassubclass)
    UNION ALL
    SELECT 'relation ' || relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND (relkind NOT IN ('r', 'i') OR relpersistence <> 'p')"""
"""Everything that a database defines where its tables lie, and what reaches every schema, each thing as a line.

The first 16,384 object ids are PostgreSQL's own (`FirstNormalObjectId`). An operator for just the two types of a
comparison is preferred to PostgreSQL's own for near ones, wherever in the search path it is.
"""


def migrate(places: Places) -> dict[Store, str]:
    """Bring both databases to this release's schema; returns the version each had ("" for none).

    They are made where there is neither. One is not made beside the other of a house: it would stand empty in the place
    of what was lost.

    Raises:
        Unavailable: a writer runs, or a database is of a later release, holds something else, or lacks its other.
    """
    return asyncio.run(_migrate_both(places))


def migrate_check(places: Places) -> dict[Store, str]:
    """The schema version of each database, "" where there is none; nothing is changed.

    Raises:
        Unavailable: a database is away.
    """
    return asyncio.run(_check_both(places))


async def _check_both(places: Places) -> dict[Store, str]:
    found: dict[Store, str] = {}
    for store in STORES:
        connection = await connect(places, store, default_transaction_read_only="on")
        try:
            found[store] = await version_of(connection, store)
        finally:
            await connection.close()
    return found


async def _migrate_both(places: Places) -> dict[Store, str]:
    connections: dict[Store, Any] = {}
    try:
        for store in STORES:
            connections[store] = await connect(places, store)
        had = {store: await version_of(connections[store], store) for store in STORES}
        in_use = [store for store, version in had.items() if version and await _is_in_use(connections[store], store)]
        for store, version in had.items():
            if not version and in_use:
                raise Unavailable(
                    f"{store} store: expected a database with the tables of a house, got one without",
                    hint="one store alone is never made: bring back the database that was lost",
                )
        for store, version in had.items():
            if version != HEAD:
                await _migrate(connections[store], store, version)
        return had
    finally:
        for connection in connections.values():
            await connection.close()


async def _is_in_use(connection: Any, store: Store) -> bool:
    """Whether a store is a house's: holds a key, or the house. One that does not may be half of a pair being made."""
    try:
        return bool(await connection.fetchval(f"SELECT EXISTS (SELECT FROM {_FOUNDED[store]})"))  # noqa: S608  # own names
    except AWAY as error:
        raise away(store, error) from error


async def _migrate(connection: Any, store: Store, had: str) -> None:
    way = way_up(store, had)
    try:
        async with connection.transaction():
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", WRITER_LOCK):
                raise Unavailable(
                    f"{store} store: expected no running writer, got one", hint="stop the house before migrating it"
                )
            if not had and await connection.fetch(_CATALOG):
                raise Unavailable(
                    f"{store} store: expected an empty database, got one with tables of its own",
                    hint="make two databases that nothing else uses, one a store",
                )
            await connection.execute(way)
    except AWAY as error:
        raise away(store, error) from error


async def version_of(connection: Any, store: Store) -> str:
    """The schema version of one database, "" where there is none.

    Raises:
        Unavailable: it is away.
    """
    try:
        if await connection.fetchval("SELECT to_regclass('public.alembic_version')") is None:
            return ""
        return str(await connection.fetchval("SELECT max(version_num) FROM public.alembic_version") or "")
    except AWAY as error:
        raise away(store, error) from error


async def require_schema(connection: Any, store: Store) -> None:
    """Return only if a database has this release's schema and defines nothing besides.

    Raises:
        Unavailable: it is away, or of another version.
        Tampered: something was added, taken away or changed; what kind of thing is told, never its text.
    """
    got = await version_of(connection, store)
    if got != HEAD:
        raise Unavailable(f"{store} store: expected schema {HEAD}, got {got or 'none'}", hint="lockhouse migrate")
    try:
        found = {line for (line,) in await connection.fetch(_CATALOG)}
    except AWAY as error:
        raise away(store, error) from error
    wrong = sorted(found ^ _made(store))
    if wrong:
        kind = next((line for line in wrong if not line.startswith(("column", "index"))), wrong[0]).split()[0]
        raise Tampered(
            f"{store} store: expected the schema that this release makes, got another {kind}",
            hint="look through the database's triggers, rules, functions and tables; keep a copy as evidence, then "
            "drop what is not the house's or restore a backup",
        )


@lru_cache(maxsize=2)
def _made(store: Store) -> frozenset[str]:
    lines = set(_VERSION_TABLE)
    for shape in shapes().values():
        if shape.store == store:
            lines |= _columns(shape) | _keys(shape)
    for table in metadata(store).tables.values():
        for index in table.indexes:
            lines.add(_index(str(index.name), table.name, [column.name for column in index.columns], unique=False))
    return frozenset(lines)


def _columns(shape: Shape) -> set[str]:
    lines = {f"column {shape.name}.seq bigint not null"} if shape.append else set()
    for column in shape.columns:
        collation = " collate C" if column.kind == "TEXT" else ""
        absent = "" if column.nullable else " not null"
        lines.add(f"column {shape.name}.{column.name} {TYPES[column.kind]}{collation}{absent}")
    return lines


def _keys(shape: Shape) -> set[str]:
    if not shape.append:
        return {_index(f"{shape.name}_pkey", shape.name, shape.key, unique=True)}
    return {
        _index(f"{shape.name}_pkey", shape.name, ("seq",), unique=True),
        _index(f"{shape.name}_{'_'.join(shape.key)}_key", shape.name, shape.key, unique=True),
    }


def _index(name: str, table: str, some: Any, *, unique: bool) -> str:
    kind = "UNIQUE INDEX" if unique else "INDEX"
    return f"index CREATE {kind} {name} ON public.{table} USING btree ({', '.join(some)})"
