"""Whoever was erased for good is brought back by nobody who is late, and stays refused where they had refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.flows import consent
from lockhouse.flows.sweep import sweep
from lockhouse.gates.index_keys import ensure_index
from lockhouse.model import codes
from lockhouse.model.rows import Identifier, IndexKey, KeyRing, Record
from lockhouse.wiring import jobs
from tests.flows.anna import EMAIL, PHONE, anna
from tests.flows.files import brought, paper
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

YES: dict[str, Any] = {"consent": {"Advertising": True}}
WINDOW_DAYS = 89
"""One less than a mark of who was erased stands: the last day of which each late sender is heard."""


async def _erased(world: World) -> int:
    """Anna ordered and was erased for good, her rows are swept; when she had ordered, ms."""
    sent = world.clock.now_ms()
    person = await anna(world)
    world.clock.pass_days(1)
    assert (await world.erase(person)).step == "done"
    await sweep(world.house, jobs, owner=bytes(16))
    assert await world.rows(Record) == []
    return sent


async def test_who_is_erased_for_good_is_brought_back_by_no_late_sender(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    sent = await _erased(world)
    world.clock.pass_days(WINDOW_DAYS - 1)
    await world.new_epochs()
    late: list[tuple[str, str, dict[str, Any]]] = [
        ("account", "Order Completed", {"email": EMAIL, "phone": PHONE, "order_id": "A-1", **YES}),  # a retry
        ("backend", "Order Completed", {"phone": "+49 30 123 456", "order_id": "A-1"}),  # a queue's
        ("web", "identify", {"email": f" {EMAIL.upper()} ", "device_id": "d-1"}),  # a page that was offline
    ]
    for number, (channel, event, values) in enumerate(late):
        reply = await world.send(channel, event, at=sent, message_id=f"late-{number}", **values)
        assert (reply.outcome, reply.code) == ("refused", codes.ERASED_BEFORE)
    row = f"{EMAIL},A-1,1.50,DE,,2026-11-01T10:00:00Z,,"
    told = await brought(world, paper(world, [row]))
    assert told.codes == {codes.ERASED_BEFORE: 1}
    assert (await world.rows(Record), await world.rows(KeyRing), await world.rows(Identifier)) == ([], [], [])
    assert (await world.send("account", "Order Completed", email=EMAIL, order_id="A-2")).outcome == "stored"
    [view] = await world.find(EMAIL)
    assert view.fields["order_id"].value == "A-2", "an order of today is not refused"


async def test_who_was_suppressed_and_erased_stays_so_under_other_keys_of_the_blind_indexes(tmp_path: Path) -> None:
    """A suppression has a key of its own, so that what becomes of an index's key opens nothing."""
    world = await World.make(tmp_path)
    person = await anna(world)
    await consent.suppress(world.house, "email", EMAIL, purposes=["marketing"], reason="asked", by="os-user:1000")
    await world.erase(person)
    kinds = sorted({row.kind for row in await world.rows(IndexKey)})
    for row in await world.rows(IndexKey):
        world.drop(row)
    await ensure_index(world.house, kinds)
    world.clock.at += 1_000
    other = await world.second()
    reply = await other.send("account", "identify", email=EMAIL, name="Anna Schmidt", **YES)
    assert reply.outcome in {"stored", "trimmed"}
    [view] = await other.find(EMAIL, role="marketer")
    assert {field.value for field in view.fields.values()} == {None}
    [view] = await other.find(EMAIL)
    assert view.fields["name"].value is not None, "what she orders is delivered"
