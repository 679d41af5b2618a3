"""What a writer that was cut off leaves behind: leases, which whoever comes next waits for or passes on."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.clock import SystemClock
from lockhouse.adapters.group_commit.engine import Engine
from lockhouse.adapters.migrations import HEAD
from lockhouse.adapters.migrations.run import migrate
from lockhouse.adapters.sqlite_writer.local import LocalWriter
from lockhouse.adapters.sqlite_writer.process import _listen
from lockhouse.adapters.sqlite_writer.server import Server
from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
from lockhouse.adapters.writer_protocol import LEASE_S
from lockhouse.errors import Unavailable
from tests.ports.stores import connect, start_writer
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.adapters.group_commit.engine import WriterParts
    from lockhouse.model.ports import Clock


class _Clock(SystemClock):
    """A lease clock that goes on by `step_s` at each look; by nothing, it stands still."""

    __slots__ = ("_at_s", "_step_s")

    def __init__(self, *, step_s: float = 0.0) -> None:
        self._at_s = 1_000.0
        self._step_s = step_s

    def monotonic_s(self) -> float:
        self._at_s += self._step_s
        return self._at_s


class _AwayAnchors:
    """Anchors whose place is away."""

    def append(self, checkpoint: str, frontier: bytes) -> None:
        raise AssertionError(checkpoint, frontier)

    def newest(self) -> None:
        raise Unavailable("anchors: expected a readable file, got an error")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A house whose writer was killed a moment ago."""
    migrate(tmp_path)
    SqliteShelf(tmp_path).close(in_order=False)
    return tmp_path


def _is_cut_off(folder: Path) -> bool:
    shelf = SqliteShelf(folder)
    shelf.close(in_order=not shelf.was_cut_off)
    return shelf.was_cut_off


def _parts(clock: Clock) -> WriterParts:
    return replace(make_parts(), clock=clock)


def _server(folder: Path, clock: Clock) -> Server:
    shelf = SqliteShelf(folder)
    return Server(shelf=shelf, engine=Engine(shelf, _parts(clock)), clock=clock, listener=_listen(folder))


def test_a_short_command_passes_on_that_a_writer_before_it_was_cut_off(folder: Path) -> None:
    LocalWriter(folder, _parts(_Clock())).close()
    assert _is_cut_off(folder)


def test_a_command_that_outlived_every_lease_ends_in_order(folder: Path) -> None:
    LocalWriter(folder, _parts(_Clock(step_s=LEASE_S))).close()
    assert not _is_cut_off(folder)


def test_a_short_command_after_an_end_in_order_ends_in_order(tmp_path: Path) -> None:
    migrate(tmp_path)
    LocalWriter(tmp_path, _parts(_Clock())).close()
    assert not _is_cut_off(tmp_path)


def test_a_command_that_cannot_begin_gives_the_folder_free_and_passes_it_on(folder: Path) -> None:
    with pytest.raises(Unavailable, match="anchors"):
        LocalWriter(folder, replace(make_parts(), anchors=_AwayAnchors()))
    assert _is_cut_off(folder)


def test_a_writer_of_another_schema_passes_it_on(folder: Path) -> None:
    _stamp(folder, "9999")
    with pytest.raises(Unavailable, match="expected schema"):
        SqliteShelf(folder)
    _stamp(folder, HEAD)
    assert _is_cut_off(folder)


def _stamp(folder: Path, version: str) -> None:
    with closing(sqlite3.connect(folder / "record.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        connection.commit()


def test_a_writer_process_that_cannot_begin_passes_it_on(folder: Path) -> None:
    process = start_writer(folder, "fail-at-start")
    assert process.popen.wait(30) != 0
    process.let_go()
    assert _is_cut_off(folder)


def test_a_writer_process_that_ends_at_once_passes_it_on(folder: Path) -> None:
    server = _server(folder, _Clock())
    server.stop()
    server.run()
    assert _is_cut_off(folder)


def test_a_writer_process_that_outlived_every_lease_ends_in_order(folder: Path) -> None:
    server = _server(folder, _Clock(step_s=LEASE_S))
    server.stop()
    server.run()
    assert not _is_cut_off(folder)


@pytest.mark.parametrize("leaves", [True, False], ids=["left", "cut off"])
async def test_a_writer_ends_in_order_when_nobody_may_still_believe_in_it(leaves: bool, tmp_path: Path) -> None:  # noqa: FBT001  # a parameter of pytest's
    migrate(tmp_path)
    server = _server(tmp_path, _Clock())
    thread = threading.Thread(target=server.run)
    thread.start()
    client = await connect(tmp_path)
    if not leaves:
        assert client._stream is not None
        for task in client._tasks:
            task.cancel()
        client._stream.transport.abort()
    else:
        await client.close()
    await asyncio.sleep(0.1)  # until the writer has seen the end of the connection
    server.stop()
    await asyncio.to_thread(thread.join)
    assert _is_cut_off(tmp_path) is not leaves
