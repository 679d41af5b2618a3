"""Nothing is shown that is not noted first: not when the note cannot be written, not when the reader dies between."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Unavailable
from lockhouse.flows import forward
from lockhouse.gates.disclose import disclose
from lockhouse.model.change import Conflict
from lockhouse.model.rows import LedgerEntry, Note, Outbox, Record
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from lockhouse.adapters.memory import MemoryStore
    from lockhouse.model.change import Change, Committed
    from lockhouse.model.ports import Answer

EMAIL = "anna.schmidt@example.com"
ROOT = Path(__file__).parents[2]


class Broken:
    """Commits on a disk that is full, or that always find the world moved; entries that look are counted."""

    def __init__(self, store: MemoryStore, *, conflict: bool = False) -> None:
        self._store = store
        self._conflict = conflict
        self.tried = 0

    async def commit(self, change: Change) -> Committed | Conflict:
        if not any(draft.kind in {"disclosure", "refusal"} for draft in change.entries):
            return await self._store.commit(change)
        self.tried += 1
        if self._conflict:
            return Conflict("ledger_entry", (b"",), "entry-exists")
        raise Unavailable("disk: expected room, got none")

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        return [await self.commit(change) for change in changes]

    async def scrub(self) -> None:
        await self._store.scrub()


async def _notes(world: World) -> tuple[int, int]:
    return len(await world.rows(Note)), (await world.kinds()).count("disclosure")


@pytest.mark.parametrize("conflict", [False, True], ids=["full disk", "conflict"])
@pytest.mark.asvs("16.3.2", "16.5.3")
async def test_a_look_whose_note_cannot_be_written_shows_nothing(tmp_path: Path, *, conflict: bool) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    person = await world.person(EMAIL)
    broken = world.house.commits = Broken(world.store, conflict=conflict)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await world.find(EMAIL)
        with pytest.raises(Unavailable):
            await world.reveal(person)
        with pytest.raises(Unavailable):
            await world.find(EMAIL, role="nobody-of-this-house", purpose="fulfilment")
    assert broken.tried == 6
    assert await _notes(world) == (0, 0)
    world.house.commits = world.store
    assert len(await world.find(EMAIL)) == 1


async def test_nothing_is_sent_on_whose_note_cannot_be_written(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_total="12.75")
    world.house.commits = Broken(world.store)

    class Server:
        async def post(self, url: str, *, body: bytes, headers: Any) -> Answer:
            raise AssertionError(f"nothing may be sent, got {len(body)} bytes for {url} with {len(headers)} headers")

    with pytest.raises(Unavailable):
        await forward.forward(world.house, "rudder", http=Server(), write_key="k")
    assert [row.state for row in await world.rows(Outbox)] == [forward.WAITING]


async def test_a_reader_who_dies_between_the_note_and_the_page_leaves_the_note(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    person = await world.person(EMAIL)

    async def one() -> AsyncIterator[bytes]:
        yield person

    views = disclose(world.house, await world.ask("support", action="reveal", reason="call back"), one())
    view = await anext(aiter(views))
    # The process is gone before a line of the view was written anywhere; another one reads the ledger.
    await views.aclose()  # type: ignore[attr-defined]  # an async generator
    assert view.entry in {entry.id for entry in await (await world.second()).rows(LedgerEntry)}
    assert await _notes(world) == (1, 1)


async def test_of_a_long_list_each_part_is_noted_before_it_is_shown(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    persons = []
    for number in range(3):
        await world.send("account", "identify", email=f"anna{number}@example.com")
        persons.append(await world.person(f"anna{number}@example.com"))

    async def them() -> AsyncIterator[bytes]:
        for person in persons:
            yield person

    async for view in disclose(world.house, await world.ask("support", action="show"), them()):
        notes = await world.rows(Note)
        assert view.entry in {note.entry for note in notes}
        assert len(notes) == len(persons)


async def test_a_box_does_not_open_without_a_ticket_of_a_committed_entry(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    await world.find(EMAIL)
    [record] = await world.rows(Record)
    box = decode_boxes(record.boxes)[0]
    forged: list[Any] = [None, True, object(), b"noted", {"purpose": "fulfilment"}]
    for ticket in forged:
        with pytest.raises(TypeError):
            world.house.keyring.open(box, ticket, person=record.person, record=record.id, purpose="fulfilment")


SNIPPET = """
from lockhouse.crypto.keyring import Keyring
from lockhouse.crypto.noted import Noted
from lockhouse.crypto.seal import SealedBox


def peek(keyring: Keyring, box: SealedBox) -> bytes:
    return keyring.open(box, {ticket}, person=b"p", record=b"r", purpose="support")


def look(keyring: Keyring, box: SealedBox, noted: Noted) -> bytes:
    return keyring.open(box, noted, person=b"p", record=b"r", purpose="support")
"""


@pytest.mark.slow
@pytest.mark.parametrize("ticket", ["None", "b'entry'", "object()"])
def test_opening_without_a_ticket_is_a_type_error(tmp_path: Path, ticket: str) -> None:
    file = tmp_path / "peek.py"
    file.write_text(SNIPPET.replace("{ticket}", ticket))
    cache = str(ROOT / ".mypy_cache")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", cache, file],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in checked.stdout.splitlines() if "peek.py" in line]
    assert len(lines) == 1, checked.stdout + checked.stderr
    assert 'Argument 2 to "open" of "Keyring" has incompatible type' in lines[0]
