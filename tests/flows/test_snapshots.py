"""Snapshots: a profile of more records than a look opens shows what all of them say, and not a moment longer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from lockhouse.crypto.keyring import Keyring
from lockhouse.errors import Unavailable
from lockhouse.flows import audit, link, look, snapshot
from lockhouse.flows.snapshot import Folded, Wanted
from lockhouse.gates.disclose import FOLD_LIMIT, Records, disclose
from lockhouse.gates.pace import Footing
from lockhouse.gates.rework import RANGE, Snapshotted, lacking, snapshot_person
from lockhouse.gates.rework import snapshot as making
from lockhouse.gates.state import verify_state
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import LedgerEntry, Record, Row, Snapshot, Tombstone
from tests.flows.folded import ANNA, BY, OPENED, ORDERS, folded, order, profile, shop, tells_the_same, told, with_field
from tests.world import POLICY, Away, Stopped, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

OTHER = "a.weiss@example.com"
MONTH = 31
PHONES = {400: {"phone": "+493012341111"}, 450: {"phone": "+493012342222"}}
"""Of two of her many orders; a profile shows the later."""


async def _works(world: World) -> list[dict[str, Any]]:
    bodies = [msgspec.json.decode(row.body)["body"] for row in await world.rows(LedgerEntry) if row.kind == "rework"]
    return [body for body in bodies if body["action"] == "snapshot"]


async def _many(tmp_path: Path, many: int) -> tuple[World, bytes]:
    """A customer with so many records that a look as it is leaves some out, her name among them."""
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", email=ANNA, name="Anna Schmidt", order_id="A-0")
    for first in range(1, many, 100):
        world.clock.pass_days(0.01)
        last = min(first + 100, many)
        events = [
            ("backend", "Order Completed", {"email": ANNA, "order_id": f"A-{n}"} | PHONES.get(n, {}))
            for n in range(first, last)
        ]
        await world.send_all(events)
    return world, await world.person(ANNA)


async def test_a_profile_of_more_records_than_a_look_opens_is_whole_once_they_were_folded(tmp_path: Path) -> None:
    many = FOLD_LIMIT + 30
    world, anna = await _many(tmp_path, many)
    before = await world.reveal(anna)
    assert (before.records, before.total, before.truncated) == (FOLD_LIMIT, many, True)
    assert "name" not in before.fields
    plan = await snapshot.snapshot(world.house, Wanted(dry_run=True), by=BY)
    assert (plan.persons, plan.records, await world.rows(Snapshot)) == (1, 0, [])
    done = await snapshot.snapshot(world.house, Wanted(), by=BY)
    assert (done.persons, done.records, done.faults) == (1, many, 0)
    assert done.snapshots == plan.snapshots == len(await world.rows(Snapshot)) > 0
    after = await world.reveal(anna)
    assert (after.records, after.total, after.truncated) == (many, many, False)
    assert after.fields["name"].value == "Anna Schmidt"
    [found] = await world.find("1111", by="phone#last4")
    assert found.person == anna, "of whom seeks one value among many each record is opened as ever"
    assert [work["count"] for work in await _works(world)] == [1] * (many // RANGE + 1)
    assert await snapshot.snapshot(world.house, Wanted(), by=BY) == Folded()
    assert len(await _works(world)) == many // RANGE + 1, "nothing was to be opened"
    assert await snapshot.snapshot(world.house, Wanted(person=anna), by=BY) == Folded()
    assert len(await _works(world)) == many // RANGE + 2, "of whoever is asked for by name each snapshot is tried"


async def test_a_look_tells_from_snapshots_what_it_tells_of_all_records(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    assert (await profile(world, anna)).truncated
    await folded(world, anna)
    await tells_the_same(world, anna)
    await order(world, "B-1", name="Anna Weiss")
    await world.send("web", "identify", email=ANNA, name="Mallory")
    await tells_the_same(world, anna)
    assert (await profile(world, anna)).fields["name"].value == "Anna Weiss"
    await folded(world, anna)
    view = await profile(world, anna, opened=0)
    assert (view.records, view.total) == (ORDERS, ORDERS + 2)


async def test_records_are_counted_once_in_however_many_snapshots_they_stand(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path, orders=2)
    await snapshot_person(world.house, anna, by=BY, above=0)
    assert len(await world.rows(Snapshot)) > 2
    view = await profile(world, anna, opened=0)
    assert (view.records, view.total, view.channels, view.truncated) == (2, 2, {"backend": 2}, False)


async def test_of_what_came_since_a_look_opens_as_much_as_ever(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    for number in range(OPENED + 5):
        await order(world, f"B-{number}")
    view = await profile(world, anna)
    assert (view.records, view.total, view.truncated) == (ORDERS + OPENED, ORDERS + OPENED + 5, True)
    assert view.fields["name"].value == "Anna Schmidt"
    await folded(world, anna)
    await tells_the_same(world, anna)


async def test_each_value_is_decided_again_as_it_ages(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path, days=20)
    await folded(world, anna)
    for _ in range(6):
        await tells_the_same(world, anna)
        world.clock.pass_days(4 * MONTH)
        await world.new_epochs()
    await tells_the_same(world, anna)
    assert (await profile(world, anna, role="analyst")).fields["order_total"].because == ("keep-over",)


_NAME = "name: {type: text, class: contact, for: [fulfilment, marketing], find_by: [surname]}"
_CHANGES = {
    "other-class": (("support", "name"), (_NAME, _NAME.replace("contact", "identity"))),
    "other-type": (("support", "name"), (_NAME, "name: {type: id, class: contact, for: [fulfilment, marketing]}")),
    "not-for-this-purpose": (("support", "name"), (_NAME, _NAME.replace("[fulfilment, marketing]", "[marketing]"))),
    "undeclared": (("support", "name"), (_NAME, ""), ("phone, name, loyalty_id", "phone, loyalty_id")),
}  # fmt: skip
"""By the code that then tells why something is shut: who asks for which field, and what changes of the policy."""


@pytest.mark.parametrize("code", _CHANGES)
async def test_each_value_is_decided_again_by_the_policy_of_today(tmp_path: Path, code: str) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    (role, field), *changes = _CHANGES[code]
    policy = POLICY
    for before, after in changes:
        assert before in policy
        policy = policy.replace(before, after)
    await world.approve(policy)
    view = await profile(world, anna, role=role)
    assert (view.fields[field].state, view.truncated) == ("shut", False)
    assert view.fields[field].because == (code,)
    await tells_the_same(world, anna)
    await world.approve(POLICY)
    await tells_the_same(world, anna)


@pytest.mark.parametrize("how", ["deleted", "edited"])
async def test_a_record_that_changes_while_a_look_is_noted_is_not_shown_as_it_was(tmp_path: Path, how: str) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    other = await world.second()
    other.house.commits = stopped = Stopped(world.store)
    looking = asyncio.create_task(profile(other, anna))
    await stopped.reached.wait()
    row = await with_field(world, anna)
    world.drop(row)
    if how == "edited":
        world.plant(msgspec.structs.replace(row, occurred_at=row.occurred_at - 10 * 365 * DAY_MS))
    stopped.go_on.set()
    view = await looking
    assert view.fields.keys().isdisjoint({"name"}) or view.fields["name"].state == "shut"
    assert view.truncated


class _Crowded:
    """Reads during which, the `nth` time that such rows are asked for, the rings of others take the place of these."""

    def __init__(self, world: World, row: type[Row], *, nth: int, persons: list[bytes]) -> None:
        self._inner, self._ring = world.house.reads, world.house.keyring
        self._row, self._left, self._persons = row, nth, persons

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def find(self, row: type[Row], by: Sequence[str], values: Sequence[Any], **page: Any) -> list[Any]:
        found = await self._inner.find(row, by, values, **page)
        self._left -= row is self._row
        if row is self._row and self._left == 0:
            for person in self._persons:
                self._ring.forget(person)
        return found


@pytest.mark.parametrize(("row", "nth"), [(Snapshot, 1), (Record, 4), (Tombstone, 1)])
async def test_rings_that_make_room_for_those_of_others_meanwhile_hide_nobody_who_lives(
    tmp_path: Path, row: type[Row], nth: int
) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    await order(world, "C-0", email=OTHER, name="A. Schmidt-Weiss")
    both = [await world.person(OTHER), anna]
    ask = msgspec.structs.replace(await world.ask("support", action="show"), mode="full")

    async def asked() -> AsyncIterator[bytes]:
        for one in both:
            yield one

    for persons in (both[:1], both[1:], both):
        world.house.reads = crowded = cast("Any", _Crowded(world, row, nth=nth, persons=persons))
        views = [one async for one in disclose(world.house, ask, asked(), records=Records(limit=OPENED))]
        world.house.reads = crowded._inner
        assert crowded._left <= 0
        assert {one.person: (one.records, one.truncated) for one in views} == {
            both[0]: (1, False),
            anna: (ORDERS, False),
        }
        assert all(one.fields["name"].state == "masked" for one in views)


async def test_a_timeline_pages_as_ever_and_an_old_order_is_found_as_ever(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    ask = await world.ask("support", action="timeline")
    before = await look.show(world.house, ask, anna, records=Records(limit=OPENED))
    await folded(world, anna)
    after = await look.show(world.house, ask, anna, records=Records(limit=OPENED))
    assert told(after) == told(before)
    [found] = await world.find("A-7", by="order_id")
    assert found.person == anna


async def test_a_snapshot_is_noted_before_anything_is_opened_and_names_nobody(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    world.house.commits = Away(world.store, nth=1)
    with pytest.raises(Unavailable):
        await folded(world, anna)
    assert (await world.rows(Snapshot), await _works(world)) == ([], [])
    world.house.commits = world.store
    await folded(world, anna)
    [work] = await _works(world)
    assert (work["actor"], work["purpose"], work["count"]) == (BY, "service", 1)
    assert not any(anna.hex().encode() in row.body for row in await world.rows(LedgerEntry))
    trusted = audit.Trusted([world.verifier], world.lane_key)
    report = await audit.verify(world.house, sequencer=world.store, trusted=trusted, records=True)
    assert report.clean
    assert list((await verify_state(world.house)).findings.kept) == []


async def test_the_entry_of_a_look_names_what_snapshots_opened(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    view = await profile(world, anna)
    [said] = [msgspec.json.decode(row.body)["body"] for row in await world.rows(LedgerEntry) if row.id == view.entry]
    opened = {one.compartment for one in await world.rows(Snapshot)}
    classes = {world.house.live().compartment_class(one) for one in said["compartments"]}
    assert set(said["compartments"]) <= opened
    assert {"contact", "transactions"} <= classes


async def test_two_who_are_one_are_shown_as_one_and_apart_again_once_unlinked(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    for number in range(OPENED):
        await order(world, f"C-{number}", email=OTHER, name="A. Schmidt-Weiss")
    other = await world.person(OTHER)
    await link.make(world.house, anna, other, by=BY)
    for one in (anna, other):
        await snapshot_person(world.house, one, by=BY, above=0)
    await tells_the_same(world, anna)
    assert (await profile(world, anna)).fields["name"].value == "A. Schmidt-Weiss"
    await link.undo(world.house, anna, other, by=BY)
    assert (await profile(world, anna)).fields["name"].value == "Anna Schmidt"
    await tells_the_same(world, anna)
    await tells_the_same(world, other)


async def test_what_is_too_large_is_folded_on_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    monkeypatch.setattr(making, "MOST_BYTES", 10)
    for number in range(OPENED):
        await order(world, f"B-{number}")
    assert (await folded(world, anna)).snapshots == 0
    assert {(one.covers, one.blob) for one in await world.rows(Snapshot)} == {(0, b"")}, "nothing of hers is in it"
    assert (await profile(world, anna)).truncated


async def test_a_range_that_meets_another_begins_where_that_left_off(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    other = await world.second()
    other.house.commits = stopped = Stopped(world.store, nth=2)
    folding = asyncio.create_task(folded(other, anna))
    await stopped.reached.wait()
    done = await folded(world, anna)
    stopped.go_on.set()
    assert (await folding).snapshots == 0, "nothing is lacking by then"
    assert done.snapshots == len(await world.rows(Snapshot))
    assert not await lacking(world.house, anna, await Footing.of(world.house), above=OPENED)
    assert (await snapshot_person(world.house, anna, by=BY, above=OPENED)) == Snapshotted()


async def test_a_snapshot_that_was_sealed_while_the_process_stood_still_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, anna = await _many(tmp_path, 2)
    seal_group = Keyring.seal_group
    sealed: list[Any] = []

    def slowly(*group: Any, **given: Any) -> Any:
        world.clock.at += 0 if sealed else 5_001
        sealed.append(group)
        return seal_group(*group, **given)

    monkeypatch.setattr(Keyring, "seal_group", slowly)
    done = await snapshot_person(world.house, anna, by=BY, above=0)
    assert len(sealed) == 2 * done.snapshots > 0
