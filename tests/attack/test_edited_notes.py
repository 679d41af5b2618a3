"""SQL edits who was looked at, or for what, in the notes beside a disclosure: what its entry commits to shows it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.errors import Tampered
from lockhouse.flows import audit
from lockhouse.flows.sweep import sweep
from lockhouse.model.rows import LedgerEntry, Note
from lockhouse.wiring import jobs
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANNA, BERT = "anna@example.com", "bert@example.com"


async def _looked(tmp_path: Path) -> World:
    """A house in which two persons were looked at, one of them twice, once with a ticket."""
    world = await World.make(tmp_path)
    for email in (ANNA, BERT):
        await world.send("account", "Order Completed", email=email, order_id="A-1")
        await world.find(email)
    await world.reveal(await world.person(ANNA), reason="call back: #4711")
    return world


async def _named(world: World) -> set[tuple[str, str]]:
    trusted = audit.Trusted([world.verifier], world.lane_key)
    report = await audit.verify(world.house, sequencer=world.store, trusted=trusted, records=True)
    return {(one.kind, one.where) for one in report.findings}


def _text(note: Note, place: int, value: Any) -> Note:
    told = msgspec.msgpack.decode(note.text)
    told[place] = value
    return msgspec.structs.replace(note, text=msgspec.msgpack.encode(told))


EDITS: dict[str, Callable[[Note], Note]] = {
    "another person": lambda note: msgspec.structs.replace(note, ref=os.urandom(len(note.ref))),
    "another entry": lambda note: msgspec.structs.replace(note, entry=bytes(16)),
    "another purpose": lambda note: _text(note, 0, "marketing"),
    "another action": lambda note: _text(note, 1, "count"),
    "another role": lambda note: _text(note, 2, "accountant"),
    "another reason": lambda note: _text(note, 3, "delivery problem"),
    "a reason that no form takes": lambda note: _text(note, 3, "none: she asked for it herself"),
    "a field that was not shown": lambda note: _text(note, 4, ["page_path"]),
    "a field that nobody knows": lambda note: _text(note, 5, ["shoe_size"]),
    "nothing that can be read": lambda note: msgspec.structs.replace(note, text=b"\xc1"),
    "text that is none": lambda note: msgspec.structs.replace(note, text=b"\x96\xa1\xff" + note.text[1:]),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
async def test_an_edited_note_is_named_with_its_entry(tmp_path: Path, edit: Callable[[Note], Note]) -> None:
    world = await _looked(tmp_path)
    assert await _named(world) == set()
    note = (await world.rows(Note))[0]
    world.drop(note)
    world.plant(edited := edit(note))
    assert await _named(world) == {("changed-notes", f"entry {edited.entry.hex()}")}


@pytest.mark.parametrize("text", [b"\xc1", b"\x96\xa1\xff\xa1a\xa1a\xa1a\x90\x90"], ids=["no-message", "no-text"])
async def test_a_note_that_cannot_be_read_is_tampered_with_where_its_entry_is_read(tmp_path: Path, text: bytes) -> None:
    world = await _looked(tmp_path)
    note = (await world.rows(Note))[0]
    world.plant(msgspec.structs.replace(note, text=text))
    with pytest.raises(Tampered, match="note: expected what a look leaves"):
        await audit.read_entry(world.house, note.entry, sequencer=world.store)


async def test_a_note_of_one_person_more_is_named(tmp_path: Path) -> None:
    world = await _looked(tmp_path)
    note = (await world.rows(Note))[-1]
    world.plant(msgspec.structs.replace(note, ref=b"\xff" * len(note.ref)))
    assert await _named(world) == {("changed-notes", f"entry {note.entry.hex()}")}


@pytest.mark.parametrize("kind", ["intake", "disclosure"])
async def test_a_note_beside_what_is_no_disclosure_any_more_is_named(tmp_path: Path, kind: str) -> None:
    world = await _looked(tmp_path)
    note = (await world.rows(Note))[0]
    row = next(row for row in await world.rows(LedgerEntry) if row.kind == kind)
    world.plant(msgspec.structs.replace(row, id=b"e" * 16, body=row.body if kind == "intake" else b"{"))
    world.plant(msgspec.structs.replace(note, entry=b"e" * 16))
    assert ("changed-notes", f"entry {(b'e' * 16).hex()}") in await _named(world)


async def test_notes_that_went_with_their_person_are_no_finding(tmp_path: Path) -> None:
    world = await _looked(tmp_path)
    before = len(await world.rows(Note))
    await world.erase(await world.person(ANNA))
    await sweep(world.house, jobs, owner=bytes(16))
    assert 0 < len(await world.rows(Note)) < before
    assert await _named(world) == set()
