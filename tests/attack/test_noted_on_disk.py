"""Noted before shown, on a real disk: one that is full, and a reader killed between the note and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse import wiring
from lockhouse.errors import Unavailable
from lockhouse.flows import look
from lockhouse.model.decision import Actor
from lockhouse.model.rows import LedgerEntry, Note, Person
from tests.attack.real_house import Sender, beside, found, send, writer

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.house import House
    from lockhouse.model.ports import RowT

EMAIL = "anna.schmidt@example.com"
LOOKS = 400


async def _house_with_anna(folder: Path) -> tuple[Path, bytes]:
    house = await found(folder)
    async with wiring.opened(house, role="console") as opened:
        await send(opened.house, [("account", "Order Completed", {"email": EMAIL, "order_id": "A-1"})])
        [person] = await _rows(opened.house, Person)
    return house, person.id


async def _rows(house: House, row: type[RowT]) -> list[RowT]:
    return [one async for chunk in house.reads.scan(row) for one in chunk]


async def _looks(house: House) -> int:
    return sum(row.kind == "disclosure" for row in await _rows(house, LedgerEntry))


async def _email(house: House, person: bytes) -> object:
    actor = Actor(id="os-user:1000", kind="os-user", roles=("support",))
    ask = await look.ask_of(house, actor, action="reveal", purpose=None, reason="call back")
    return (await look.reveal(house, ask, person)).fields["email"].value


async def _is_shown(house: House, person: bytes) -> bool:
    try:
        return await _email(house, person) == EMAIL
    except Unavailable:
        return False


async def test_on_a_full_disk_nothing_is_shown_and_nothing_that_was_noted_is_lost(tmp_path: Path) -> None:
    house, person = await _house_with_anna(tmp_path)
    with writer(house, dies_at="full:note"):
        async with beside(house) as opened:
            shown = 0
            while shown < LOOKS and await _is_shown(opened.house, person):  # the last pages have some room yet
                shown += 1
            with pytest.raises(Unavailable):
                await _email(opened.house, person)
            assert await _looks(opened.house) == len(await _rows(opened.house, Note)) == shown < LOOKS
    with writer(house):  # somebody made room
        async with beside(house) as opened:
            assert await _email(opened.house, person) == EMAIL
            assert await _looks(opened.house) == shown + 1


async def test_a_reader_killed_before_the_page_leaves_the_note(tmp_path: Path) -> None:
    house, person = await _house_with_anna(tmp_path)
    with writer(house):
        reader = Sender(house, person.hex(), role="reader")
        try:
            assert await reader.hear() == "noted"
        finally:
            reader.end()
        async with beside(house) as opened:
            assert (await _looks(opened.house), len(await _rows(opened.house, Note))) == (1, 1)
