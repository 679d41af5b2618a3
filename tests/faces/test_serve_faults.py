"""What goes wrong within a restart is told to whoever asked for it, and ends nothing else."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
import pytest
from structlog.testing import capture_logs

from lockhouse import settings as houses
from lockhouse.errors import Unavailable
from lockhouse.faces.serve import succession
from lockhouse.faces.serve.bell import BELL, Bell, ring
from lockhouse.faces.serve.bound import spawn
from lockhouse.faces.serve.crew import Crew
from lockhouse.faces.serve.keeper import Keeper
from lockhouse.faces.serve.patience import MOST_BYTES, Patience
from lockhouse.faces.serve.roles import Part
from lockhouse.faces.serve.succession import become
from lockhouse.settings import Settings
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.faces.serve.bell import Restart


def part(folder: Path, name: str = "work") -> Part:
    return Part(kind="work", name=name, arguments=(name, str(folder)), keep=(), desk=folder / f"{name}.sock")


def program(folder: Path, name: str, text: str) -> str:
    made = folder / name
    made.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    made.chmod(0o755)
    return str(made)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def seen(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0.05)


def crew(folder: Path, *, lock: int = -1) -> Crew:
    return Crew(folder=folder, settings=Settings(), only=("work",), sockets={}, lock=lock, keepers=[])


async def test_a_python_that_cannot_be_executed_is_told_as_one(tmp_path: Path) -> None:
    keeper = Keeper(part(tmp_path), python=str(tmp_path))
    with pytest.raises(Unavailable, match="work: expected one that can start, got: Permission denied"):
        await keeper.hold()
    keeper.drop()


async def test_a_process_that_the_system_has_no_room_for_is_tried_again(tmp_path: Path) -> None:
    missing = tmp_path / "python"
    keeper = Keeper(part(tmp_path), python=str(missing), lasting=True)
    life = asyncio.create_task(keeper.run())
    with capture_logs() as logs:
        await seen(lambda: len(logs) > 3)
    assert {(line["event"], line.get("why")) for line in logs} == {
        ("cannot start", "No such file or directory"), ("restarting", None),
    }  # fmt: skip
    missing.symlink_to(program(tmp_path, "sleeping", "exec sleep 60"))
    await seen(lambda: keeper.child is not None)
    await keeper.end()
    await life


async def test_a_process_that_cannot_be_watched_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def no_room(pid: int) -> int:
        started.append(pid)
        raise OSError(errno.EMFILE, "Too many open files")

    before = open_files()
    monkeypatch.setattr(os, "pidfd_open", no_room)
    with pytest.raises(OSError, match="Too many open files"):
        spawn((), python=program(tmp_path, "sleeping", "exec sleep 60"), held=True)
    assert open_files() == before
    [pid] = started
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_program_that_says_something_else_is_told_as_one(tmp_path: Path) -> None:
    said = "import os; os.write(int(os.environ['LOCKHOUSE_HELD']), b'hello\\n')"
    speaking = program(tmp_path, "python", f'exec {sys.executable} -c "{said}"')
    keeper = Keeper(part(tmp_path), python=speaking)
    with pytest.raises(Unavailable, match="it said what is not understood"):
        await keeper.hold()
    keeper.drop()


async def test_no_room_for_the_inheritance_leaves_the_old_supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    class Asked(msgspec.Struct):
        python: str
        fd: int

    monkeypatch.setattr(os, "memfd_create", full)
    with (tmp_path / "lock").open("wb") as lock, (tmp_path / "answer").open("wb") as answer:
        asked = cast("Restart", Asked(python=sys.executable, fd=answer.fileno()))
        with pytest.raises(Unavailable, match="expected a Python to go on with, got none"):
            become(crew(tmp_path, lock=lock.fileno()), asked)


async def test_a_folder_is_no_python_to_go_on_with(tmp_path: Path) -> None:
    bell = Bell(tmp_path)
    await bell.open()
    asked = asyncio.create_task(bell.asked())
    try:
        with pytest.raises(Unavailable, match="expected an answer from serve, got none"):
            await asyncio.wait_for(ring(tmp_path, python=str(tmp_path)), 2)
        assert not asked.done()
    finally:
        asked.cancel()
        bell.close()


async def test_one_that_cannot_start_leaves_no_socket_deaf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = (part(tmp_path, "slow"), part(tmp_path, "work"))
    monkeypatch.setattr(succession, "parts", lambda *_given, **_named: plan)
    monkeypatch.setattr(houses, "load", lambda *_given: Settings())
    python = program(tmp_path, "python", 'if [ "$4" = slow ]; then exec sleep 60; fi; exit 1')
    stopping = asyncio.create_task(asyncio.sleep(60, result=True))
    with pytest.raises(Unavailable, match="work: expected one that can start"):
        await succession.succeed(crew(tmp_path), python, stopping)
    stopping.cancel()
    loop = asyncio.get_running_loop()
    with ExitStack() as held:
        for ours, theirs in [socket.socketpair() for _ in range(8)]:
            held.enter_context(ours)
            held.enter_context(theirs)
            for one, other in ((ours, theirs), (theirs, ours)):
                one.settimeout(0.0)
                heard = asyncio.create_task(loop.sock_recv(one, 8))
                await asyncio.sleep(0)
                other.send(b"heard")
                assert await asyncio.wait_for(heard, 2) == b"heard"


async def test_a_bell_that_is_opened_again_listens_once(tmp_path: Path) -> None:
    bell = Bell(tmp_path)
    await bell.open()
    before = open_files()
    await bell.open()
    assert open_files() == before
    bell.close()
    assert not (tmp_path / BELL).exists()


async def test_what_waits_for_the_writer_is_bounded_in_bytes(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    back: list[bool] = []
    patience = Patience(lambda: bool(back), world.clock)
    until_s = patience.until_s()
    waiting = asyncio.create_task(patience.wait(1, body_bytes=MOST_BYTES, until_s=until_s))
    await asyncio.sleep(0)
    assert not await patience.wait(1, body_bytes=1, until_s=until_s)
    back.append(True)
    assert await asyncio.wait_for(waiting, 2)
    assert await asyncio.wait_for(patience.wait(1, body_bytes=1, until_s=until_s), 2)
