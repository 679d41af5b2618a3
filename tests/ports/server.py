"""The throw-away PostgreSQL server of a test run, and two databases of it for each house.

`script/postgres COMMAND…` starts the server, says where it is in a variable, and stops it when the command ends.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from lockhouse.adapters.postgres.link import Places
from lockhouse.adapters.postgres.schema import migrate

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

VARIABLE = "POSTGRES_FOR_TESTS"
"""Holds the folder of the server's socket."""
USER = "lockhouse"


def databases(folder: Path, *, empty: bool = False) -> Places:
    """Two databases for the house of this folder, made when first asked for, with the tables or without.

    Without a server the test is skipped, and says what to do.
    """
    socket = os.environ.get(VARIABLE)
    if socket is None:
        pytest.skip("PostgreSQL: expected a server, got none; run: script/postgres .venv/bin/pytest tests/ports")
    house = hashlib.sha256(str(folder).encode()).hexdigest()[:24]
    aside(_make(socket, house, empty=empty))
    return _places(socket, house)


def _places(socket: str, house: str) -> Places:
    identity, record = (f"postgresql:///{name}?host={socket}&user={USER}" for name in _names(house))
    return Places(identity=identity, record=record)


def _names(house: str) -> tuple[str, str]:
    return f"identity_{house}", f"record_{house}"


def aside(asked: Coroutine[Any, Any, Any]) -> Any:
    """Await it in a loop of its own, also where a loop runs."""
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(asyncio.run(asked)))
    thread.start()
    thread.join()
    [answer] = answers
    return answer


async def _make(socket: str, house: str, *, empty: bool) -> None:
    connection = await asyncpg.connect(host=socket, user=USER, database="postgres")
    try:
        await connection.execute("SELECT pg_advisory_lock(1)")  # tests run in several processes
        if not empty and not await _stands(connection, "template"):
            await _create(connection, "template", ("template0", "template0"))
            await asyncio.to_thread(migrate, _places(socket, "template"))
        if not await _stands(connection, house):
            await _create(connection, house, ("template0", "template0") if empty else _names("template"))
    finally:
        await connection.close()


async def _stands(connection: Any, house: str) -> bool:
    return bool(await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", _names(house)[1]))


async def _create(connection: Any, house: str, templates: tuple[str, str]) -> None:
    for name, template in zip(_names(house), templates, strict=True):
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
