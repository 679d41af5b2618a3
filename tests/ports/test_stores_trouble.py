"""A writer that cannot write says so once for as long as that is so, and once when it is over."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import apsw
import pytest

from lockhouse.adapters.clock import SystemClock
from lockhouse.adapters.group_commit.engine import Engine
from lockhouse.adapters.migrations.run import migrate
from lockhouse.adapters.sqlite_writer.process import _listen
from lockhouse.adapters.sqlite_writer.server import Server
from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
from lockhouse.adapters.sqlite_writer.trouble import Trouble
from lockhouse.errors import Unavailable
from lockhouse.model.change import Change
from tests.ports.stores import a_person, a_receipt, connect, new_id, put
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from pathlib import Path


class _Told:
    """Hears what cannot be written, and what can be again."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bool]] = []

    def __call__(self, what: str, error: object) -> None:
        self.said.append((what, error is None))


async def test_a_store_that_is_away_is_told_of_once_though_the_other_is_written_meanwhile(tmp_path: Path) -> None:
    migrate(tmp_path)
    told = _Told()
    shelf, clock = SqliteShelf(tmp_path), SystemClock()
    server = Server(
        shelf=shelf, engine=Engine(shelf, make_parts()), clock=clock, listener=_listen(tmp_path), trouble=Trouble(told)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    client = await connect(tmp_path)
    with closing(apsw.Connection(str(tmp_path / "record.db"))) as other:  # locks part the users of one library
        other.execute("BEGIN IMMEDIATE")
        for _again in range(2):
            with pytest.raises(Unavailable, match="record store"):
                await client.commit(Change("record", puts=(put(a_receipt(new_id())),)))
            await client.commit(Change("identity", puts=(put(a_person()),)))
        assert told.said == [("changes", False)]
    await client.commit(Change("record", puts=(put(a_receipt(new_id())),)))
    assert told.said == [("changes", False), ("changes", True)]
    await client.close()
    server.stop()
    await asyncio.to_thread(thread.join)
