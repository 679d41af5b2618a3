"""A real house on disk for attacks on processes: its writer, senders in processes of their own, and what they say.

Also the processes themselves: `python -m tests.attack.real_house writer|sender|reader|looker FOLDER …`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse import settings, wiring
from lockhouse.adapters.clock import SystemClock
from lockhouse.adapters.sqlite_writer.process import run_writer
from lockhouse.adapters.sqlite_writer.reads import ApswReads
from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
from lockhouse.adapters.writer_client import WriterClient
from lockhouse.errors import LockhouseError
from lockhouse.flows import approve, keys, look
from lockhouse.gates.collect import collect_group
from lockhouse.model.decision import Actor
from lockhouse.model.event import Batch, Event, Reply
from lockhouse.model.scale import Assurance
from lockhouse.policy.document import parse
from lockhouse.wiring import KINDS, Opened, template
from tests.ports.spawned import WriterProcess, spawn_writer
from tests.world import POLICY, Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from lockhouse.adapters.group_commit.engine import WriterParts
    from lockhouse.adapters.group_commit.shelf import Effects
    from lockhouse.gates.house import House
    from lockhouse.model.change import Change, Committed, Conflict
    from lockhouse.model.ports import Commits
    from lockhouse.model.rows import Store

ROOT = Path(__file__).parents[2]
Sent = tuple[str, str, dict[str, Any]]


async def found(folder: Path) -> Path:
    """A founded house with an approved policy, in a folder of its own."""
    house = folder / "house"
    await wiring.found(house, settings.Settings(root=str(folder / "keys" / "root.key"), demo=True))
    async with wiring.opened(house, role="console") as opened:
        document = parse({"policy.yaml": POLICY}, templates=template)
        draft = await approve.draft_of(opened.house, document, KINDS)
        await approve.approve(opened.house, draft, POLICY.encode(), by="os-user:0")
    return house


def today() -> Clock:
    """A clock that goes on from a founding of just now, which the machine's own has dated, and only moves when told."""
    clock = Clock()
    clock.at = SystemClock().now_ms()
    return clock


@contextmanager
def writer(house: Path, *, dies_at: str = "") -> Iterator[WriterProcess]:
    """The house's writer process.

    Args:
        house: its folder.
        dies_at: a table whose first write kills it as by power loss; behind `full:`, one at whose first write the
            store's file may grow no more.
    """
    command = [sys.executable, "-m", "tests.attack.real_house", "writer", str(house), dies_at]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    process = spawn_writer(command)
    try:
        yield process
    finally:
        process.let_go()
        process.popen.wait(20)


@asynccontextmanager
async def beside(house: Path, *, role: str = "console", lane: str | None = None) -> AsyncIterator[Opened]:
    """This process beside the running writer, which may still be on its way up."""
    await (await WriterClient.connect(house, role="probe", clock=SystemClock())).close()
    async with wiring.opened(house, role=role, lane=lane) as opened:
        assert not opened.alone
        yield opened


async def send(house: House, events: list[Sent]) -> list[Reply]:
    """Events through the gate, each a batch of its own."""
    now = house.clock.now_ms()
    batches = [
        Batch(
            channel=channel, assurance=Assurance.SECRET, credential=f"{channel}/2", received_at=now,
            items=[
                Event(
                    name=event, message_id=values.get("message_id"), occurred_at=values.get("at", now),
                    source={"type": "track", "properties": {k: v for k, v in values.items() if k not in _OWN}},
                )
            ],
        )
        for channel, event, values in events
    ]  # fmt: skip
    return [reply for replies in await collect_group(house, batches) for reply in replies]


_OWN = ("message_id", "at")


class Sender:
    """Another process of the house that collects what it is told to; or a `reader` of one person, or a `looker`."""

    def __init__(self, house: Path, name: str, *, role: str = "sender") -> None:
        command = [sys.executable, "-m", "tests.attack.real_house", role, str(house), name]
        self.popen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)

    def tell(self, events: list[Sent] | list[str]) -> None:
        """Send these, or look these up; the answer is heard later."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(msgspec.json.encode(events) + b"\n")
        self.popen.stdin.flush()

    async def hear(self) -> Any:
        """What it says next: `ready` first, then the outcome of each event, or `unavailable`."""
        assert self.popen.stdout is not None
        return msgspec.json.decode(await asyncio.to_thread(self.popen.stdout.readline))

    def stop(self) -> None:
        """Freeze it."""
        self.popen.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self.popen.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Be done with it."""
        self.go_on()
        self.popen.kill()
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            assert pipe is not None
            pipe.close()


async def _be_sender(folder: Path, name: str) -> None:
    async with beside(folder, role="collect", lane=name) as opened:
        _say("ready")
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            events = msgspec.json.decode(line, type=list[Sent])
            try:
                _say([reply.outcome for reply in await send(opened.house, events)])
            except LockhouseError as error:
                _say(error.code)


class Telling:
    """Commits of a reader who says when a look is noted, and waits before going on."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits

    async def commit(self, change: Change) -> Committed | Conflict:
        """Commit; if it is a look, say so and wait for a line."""
        answer = await self._commits.commit(change)
        if any(draft.kind == "disclosure" for draft in change.entries):
            _say("noted")
            await asyncio.to_thread(sys.stdin.buffer.readline)
        return answer

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        """As the store does."""
        return await self._commits.commit_each(changes)

    async def scrub(self) -> None:
        """As the store does."""
        await self._commits.scrub()


async def _be_reader(folder: Path, person: str) -> None:
    async with beside(folder, lane="reader") as opened:
        opened.house.commits = Telling(opened.house.commits)
        actor = Actor(id="os-user:1000", kind="os-user", roles=("support",))
        ask = await look.ask_of(opened.house, actor, action="reveal", purpose=None, reason="call back")
        try:
            view = await look.reveal(opened.house, ask, bytes.fromhex(person))
        except LockhouseError as error:
            _say(error.code)
            return
        _say({name: field.value for name, field in view.fields.items()})


async def _be_looker(folder: Path, name: str) -> None:
    async with beside(folder, lane=name) as opened:
        _say("ready")
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            _say([await _looked_up(opened.house, email) for email in msgspec.json.decode(line, type=list[str])])


async def _looked_up(house: House, email: str) -> str:
    actor = Actor(id="os-user:1000", kind="os-user", roles=("support",))
    ask = await look.ask_of(house, actor, action="find", purpose=None)
    try:
        found = await look.find(house, ask, by="email", value=email)
    except LockhouseError as error:
        return error.code
    if not found.persons:
        return "nobody"
    return "shown" if any(one.state != "shut" for one in found.persons[0].fields.values()) else "shut"


def _say(what: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


def _be_writer(folder: Path, dies_at: str) -> None:
    chosen = settings.load(folder, os.environ)

    how, _, table = dies_at.rpartition(":")

    class Dying(SqliteShelf):
        """Dies, or finds its disk full, at the first write of one table; nothing of that transaction is durable yet."""

        def apply(self, store: Store, effects: Effects) -> None:
            """Write, or die."""
            if table and effects.rows.get(table):
                if not how:
                    os.kill(os.getpid(), signal.SIGKILL)
                [[pages]] = self._connections[store].execute("PRAGMA page_count").fetchall()
                self._connections[store].execute(f"PRAGMA max_page_count = {pages}").fetchall()
            super().apply(store, effects)

    def make_parts() -> WriterParts:
        identity, reads = bytes.fromhex(chosen.house), ApswReads(folder)
        try:
            unlocked = asyncio.run(keys.unlock(house=identity, root=wiring.open_root(chosen), reads=reads))
        finally:
            reads.close()
        log_key = unlocked.secrets["log"]
        return wiring._parts(identity, log_key, SystemClock(), wiring._anchors(folder, chosen, log_key))

    run_writer(folder, make_parts, open_shelf=Dying)


if __name__ == "__main__":
    if sys.argv[1] == "writer":
        _be_writer(Path(sys.argv[2]), sys.argv[3])
    elif sys.argv[1] == "sender":
        asyncio.run(_be_sender(Path(sys.argv[2]), sys.argv[3]))
    elif sys.argv[1] == "looker":
        asyncio.run(_be_looker(Path(sys.argv[2]), sys.argv[3]))
    else:
        asyncio.run(_be_reader(Path(sys.argv[2]), sys.argv[3]))
