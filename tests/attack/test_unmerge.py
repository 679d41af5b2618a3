"""Two people who were taken for one are two again: each gets back every record, also those of the time in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import NotFound, Tampered
from lockhouse.flows import link, look
from lockhouse.flows.sweep import sweep
from lockhouse.model.rows import KeyRing, Link, Note, Seal
from lockhouse.model.scale import Proof
from lockhouse.wiring import jobs
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

ANNA, BERT = "anna.schmidt@example.com", "bert.maier@example.org"
PHONE = "+4930123456"
STAFF = "os-user:1000"


async def _orders(world: World, person: bytes) -> set[str]:
    ask = await world.ask("support", action="timeline", reason="call back")
    view = await look.show(world.house, ask, person)
    return {str(record.fields["order_id"].value) for record in view.timeline if "order_id" in record.fields}


async def _merged(world: World) -> tuple[bytes, bytes]:
    """A proven e-mail and a proven phone that one sign-in joined, and orders of both before and after it."""
    await world.send("account", "Order Completed", email=ANNA, order_id="anna-before")
    await world.send("account", "Order Completed", phone=PHONE, order_id="bert-before")
    await world.send("account", "identify", email=ANNA, phone=PHONE)
    await world.send("account", "Order Completed", email=ANNA, order_id="anna-after")
    await world.send("account", "Order Completed", phone=PHONE, order_id="bert-after")
    return await world.person(ANNA), await world.person(PHONE, by="phone")


ALL = {"anna-before", "anna-after", "bert-before", "bert-after"}


async def test_an_unmerge_gives_each_the_records_written_before_and_after_the_merge(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    anna, bert = await _merged(world)
    assert await _orders(world, anna) == await _orders(world, bert) == ALL
    [joint] = await link.joints(world.house, [anna, bert])
    assert ({joint.one, joint.other}, joint.proof) == ({anna, bert}, Proof.PROVEN)
    assert await link.undo(world.house, anna, bert, by=STAFF) == 1
    assert await _orders(world, anna) == {"anna-before", "anna-after"}
    assert await _orders(world, bert) == {"bert-before", "bert-after"}
    assert await link.joints(world.house, [anna, bert]) == []
    assert (await world.kinds()).count("link") == 2
    assert [one.state for one in await world.rows(Seal)] == [0, 0]


async def test_the_next_event_does_not_undo_the_undoing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    anna, bert = await _merged(world)
    await link.undo(world.house, anna, bert, by=STAFF)
    await world.send("account", "identify", email=ANNA, phone=PHONE)
    await world.send("backend", "Order Completed", email=ANNA, phone=PHONE, order_id="late")
    assert await _orders(world, bert) == {"bert-before", "bert-after"}
    again = await link.make(world.house, bert, anna, by=STAFF)
    assert again.undone_at is None
    assert await _orders(world, bert) == ALL | {"late"}


async def test_an_erasure_after_the_unmerge_takes_one_of_them(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    anna, bert = await _merged(world)
    await link.undo(world.house, anna, bert, by=STAFF)
    case = await world.erase(bert)
    assert case.persons == (bert,)
    assert [row.person for row in await world.rows(KeyRing)] == [anna]
    assert await _orders(world, anna) == {"anna-before", "anna-after"}


async def test_who_looked_is_told_apart_with_the_two(tmp_path: Path) -> None:
    """Of a look before the undoing each has a note of their own; one afterwards, and an erasure, are of one alone."""
    world = await World.make(tmp_path)
    anna, bert = await _merged(world)
    refs = {person: world.house.keyring.ref(person) for person in (anna, bert)}

    async def looks(person: bytes) -> int:
        return len([note for note in await world.rows(Note) if note.ref == refs[person]])

    await world.reveal(anna)
    assert (await looks(anna), await looks(bert)) == (1, 1)
    await link.undo(world.house, anna, bert, by=STAFF)
    await world.reveal(anna)
    assert (await looks(anna), await looks(bert)) == (2, 1)
    await world.erase(bert)
    await sweep(world.house, jobs, owner=bytes(16))
    assert (await looks(anna), await looks(bert)) == (2, 0)


async def test_an_undone_link_that_is_edited_to_stand_again_is_tampered(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    anna, bert = await _merged(world)
    await link.undo(world.house, anna, bert, by=STAFF)
    [row] = await world.rows(Link)
    world.plant(Link(row.id, row.a, row.b, row.kind, row.proof, row.from_at, None, None, row.entry, row.mac))
    with pytest.raises(Tampered):
        await _orders(world, anna)


async def test_what_is_not_linked_cannot_be_undone(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=ANNA)
    await world.send("account", "identify", email=BERT)
    anna, bert = await world.person(ANNA), await world.person(BERT)
    with pytest.raises(NotFound, match="link: expected one between these two"):
        await link.undo(world.house, anna, bert, by=STAFF)
    await world.erase(bert)
    with pytest.raises(NotFound, match="person: expected a living person"):
        await link.make(world.house, anna, bert, by=STAFF)
    assert await world.rows(Link) == []
