"""A clock that is set wrong destroys nothing, seals nothing where it does not belong, and bars nobody for ever."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.errors import Expired, NotFound, Unavailable
from lockhouse.flows import accept, consent, request, retain
from lockhouse.gates.cases import row_of
from lockhouse.gates.ending import begin_epoch, begin_person, carry_on, open_cases
from lockhouse.gates.epochs import AHEAD, ensure_epochs, epoch_at, next_epoch
from lockhouse.gates.trusted_time import BEHIND_MS
from lockhouse.model import codes
from lockhouse.model.ids import AHEAD_MS, DAY_MS, JUMP_MS
from lockhouse.model.rows import EpochKey, LedgerEntry, Record, Tombstone
from lockhouse.model.rows import House as HouseRow
from lockhouse.model.scale import KeyState
from tests.flows.anna import anna, contact
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "anna.schmidt@example.com"
JUMPS = {"25 hours": 25 / 24, "a month": 31.0, "a leap year": 366.0, "70 years": 70 * 365.25, "a day back": -1.0}
OBJECTION: dict[str, Any] = {"purposes": [], "reason": "objection", "by": "os-user:1000"}
MOMENTS = {
    "leap day": datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
    "the 31st": datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC),
    "year end": datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    "summer time ends": datetime(2027, 10, 31, 0, 59, 59, tzinfo=UTC),
}


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


async def _order(world: World) -> str:
    return (await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", order_total="12.50")).outcome


@pytest.mark.parametrize("days", JUMPS.values(), ids=JUMPS.keys())
@pytest.mark.asvs("16.2.2")
async def test_while_the_clock_is_wrong_nothing_is_collected_shown_or_destroyed(tmp_path: Path, days: float) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    person = await world.person(EMAIL)
    case = await world.erase(await world.person(EMAIL), now=False)
    assert case.step == "shut"
    await _order(world)
    keys, records = await world.rows(EpochKey), await world.rows(Record)
    world.clock.jump_days(days)
    with pytest.raises(Unavailable, match="clock: expected it to go on steadily"):
        await _order(world)
    with pytest.raises(Unavailable, match="clock"):
        await world.find(EMAIL)
    with pytest.raises(Unavailable, match="clock"):
        await request.fulfil(world.house, case, journal=world.journal)
    with pytest.raises(Unavailable, match="clock"):
        await ensure_epochs(world.house, world.house.live().policy.compartments)
    with pytest.raises(Unavailable, match="clock"):
        await begin_epoch(world.house, keys[0].compartment, keys[0].epoch, by="retain", reason="due", destroy_at=0)
    assert (await world.rows(EpochKey), await world.rows(Record)) == (keys, records)
    assert await world.rows(Tombstone) == []
    assert [one.step for one in await open_cases(world.house)] == ["shut"]
    # The clock is put right: nothing was lost, and the request can still be called off.
    world.clock.jump_days(-days)
    assert await _order(world) == "stored"
    await request.undo(world.house, case, by="os-user:1000")
    assert person in {view.person for view in await world.find(EMAIL)}


async def test_one_look_under_a_wrong_clock_does_not_bar_the_house_for_years(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    world.clock.jump_days(70 * 365.25)
    with pytest.raises(Unavailable):
        await world.find(EMAIL)
    last = max(entry.at for entry in await world.rows(LedgerEntry))
    world.clock.jump_days(-70 * 365.25)
    assert last <= world.clock.now_ms()
    assert len(await world.find(EMAIL)) == 1


async def test_a_cooling_time_ends_by_waiting_and_not_by_setting_the_clock(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    case = await world.erase(await world.person(EMAIL), now=False)
    world.clock.jump_days(30)
    with pytest.raises(Unavailable):
        await carry_on(world.house, case, journal=world.journal)
    assert world.journal.serials == []
    world.clock.jump_days(-30)
    assert (await carry_on(world.house, case, journal=world.journal)).case.step == "shut"
    world.clock.pass_days(30)
    assert (await carry_on(world.house, case, journal=world.journal)).case.step == "done"


async def test_a_process_that_starts_with_a_clock_behind_the_ledger_neither_collects_nor_shows(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    [row] = await world.rows(HouseRow)
    world.clock.at = row.last_at - BEHIND_MS - 1
    late = await world.second()
    with pytest.raises(Unavailable, match="clock: expected it to be at the ledger's last time"):
        await _order(late)
    with pytest.raises(Unavailable, match="behind"):
        await late.find(EMAIL)
    world.clock.at = row.last_at - BEHIND_MS
    assert await _order(await world.second()) == "stored"


@pytest.mark.parametrize("days", [25 / 24, 31.0, 70 * 365.25], ids=["25 hours", "a month", "70 years"])
async def test_a_house_that_is_started_under_a_wrong_clock_ends_nothing_and_opens_when_it_is_right(
    tmp_path: Path, days: float
) -> None:
    world = await World.make(tmp_path, at=_ms(datetime(2026, 1, 1, tzinfo=UTC)))
    await _order(world)
    world.clock.pass_days(30 * 15)  # the first months are nearly due
    await world.new_epochs()
    await _order(world)
    case = await world.erase(await world.person(EMAIL), now=False)
    keys = await world.rows(EpochKey)
    world.clock.jump_days(days)
    wrong = await world.restarted()
    for ending in (
        request.fulfil(wrong.house, case, journal=wrong.journal),
        retain.apply(wrong.house, by="service:retain", journal=wrong.journal),
        begin_epoch(wrong.house, keys[0].compartment, keys[0].epoch, by="retain", reason="due", destroy_at=0),
    ):
        with pytest.raises(Unavailable, match="clock"):
            await ending
    if days > AHEAD_MS / DAY_MS:
        for passage in (_order(wrong), wrong.find(EMAIL), consent.suppress(wrong.house, "email", EMAIL, **OBJECTION)):
            with pytest.raises(Unavailable, match="clock: expected it to be near the ledger's last time"):
                await passage
    assert (wrong.journal.serials, await wrong.rows(Tombstone)) == ([], [])
    assert [one.step for one in await open_cases(wrong.house)] == ["shut"]
    world.clock.jump_days(-days)
    right = await world.restarted()
    assert await _order(right) == "stored"
    await request.undo(right.house, case, by="os-user:1000")
    assert len(await right.find(EMAIL)) == 1


async def test_a_day_under_a_steady_clock_is_enough_for_a_house_that_rested_to_end_what_is_due(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    case = await world.erase(await world.person(EMAIL), now=False)
    world.clock.pass_days(20)
    later = await world.restarted()
    with pytest.raises(Unavailable, match="clock: expected a day in which it was watched"):
        await carry_on(later.house, case, journal=later.journal)
    assert await _order(later) == "stored"
    world.clock.pass_days(0.5)
    short = await world.second()  # a command beside it knows of the leap by the ledger
    with pytest.raises(Unavailable, match="watched"):
        await carry_on(short.house, case, journal=short.journal)
    world.clock.pass_days(0.5)
    assert (await carry_on(later.house, case, journal=later.journal)).case.step == "done"


@pytest.mark.parametrize("days", [20.0, 60.0], ids=["a leap", "far ahead"])
async def test_an_admin_who_says_that_the_clock_is_right_opens_a_house_that_rested(tmp_path: Path, days: float) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    case = await world.erase(await world.person(EMAIL), now=False)
    world.clock.pass_days(days)
    later = await world.restarted()
    await accept.clock(later.house, by="os-user:1000")
    assert (await world.kinds())[-1] == "acceptance"
    assert await later.new_epochs() > 0
    assert await _order(later) == "stored"
    assert (await carry_on(later.house, case, journal=later.journal)).case.step == "done"
    with pytest.raises(NotFound):
        await accept.clock(later.house, by="os-user:1000")


async def test_a_clock_that_jumped_or_is_behind_is_not_accepted(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    world.clock.jump_days(60)
    with pytest.raises(Unavailable, match="jump"):
        await accept.clock(world.house, by="os-user:1000")
    world.clock.jump_days(-61)
    with pytest.raises(Unavailable, match="behind"):
        await accept.clock((await world.second()).house, by="os-user:1000")


async def test_two_clocks_that_differ_by_a_little_close_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    world.clock.at += JUMP_MS
    assert await _order(world) == "stored"
    assert len(await world.find(EMAIL)) == 1


async def test_an_event_of_a_month_without_a_key_waits_and_is_not_sealed_in_another(tmp_path: Path) -> None:
    world = await World.make(tmp_path, at=_ms(datetime(2027, 1, 15, tzinfo=UTC)))
    world.clock.pass_days(120)  # and nobody made keys for the months that came
    waiting = await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    assert waiting.code == codes.UNSETTLED
    assert await world.rows(Record) == []
    await world.new_epochs()
    assert await _order(world) == "stored"


@pytest.mark.parametrize("at", MOMENTS.values(), ids=MOMENTS.keys())
async def test_a_second_later_a_record_is_sealed_in_its_own_month(tmp_path: Path, at: datetime) -> None:
    world = await World.make(tmp_path, at=_ms(at))
    assert await _order(world) == "stored"
    world.clock.pass_days(1 / 86_400)
    assert await _order(world) == "stored"
    [view] = await world.find(EMAIL)
    assert (view.records, view.ended) == (2, {})
    live = {row.epoch for row in await world.rows(EpochKey) if row.state == KeyState.LIVE}
    assert epoch_at(_ms(at), daily=False) in live
    assert epoch_at(_ms(at) + 1000, daily=False) in live


@pytest.mark.parametrize("at", MOMENTS.values(), ids=MOMENTS.keys())
def test_epochs_follow_each_other_without_a_gap_over_odd_dates(at: datetime) -> None:
    for daily in (False, True):
        epoch = epoch_at(_ms(at), daily=daily)
        following = next_epoch(epoch, daily=daily)
        days = [epoch_at(_ms(at) + day * DAY_MS, daily=daily) for day in range(40)]
        assert days[0] == epoch
        assert following in days
        assert not [one for one in days if epoch < one < following]


async def test_keys_are_made_ahead_but_not_far_ahead(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    of_one = [row for row in await world.rows(EpochKey) if row.compartment == 1]
    assert len(of_one) == AHEAD + 1
    assert await world.new_epochs() == 0


async def test_an_epoch_that_ended_takes_no_further_record(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world)
    [record] = await world.rows(Record)
    compartment = max(world.house.keyring.serials(record.person))
    old = epoch_at(world.clock.now_ms(), daily=False)
    world.clock.pass_days(40)
    await world.new_epochs()
    case = await begin_epoch(world.house, compartment, old, by="service:retain", reason="due", destroy_at=0)
    await carry_on(world.house, case, journal=world.journal, now=True)
    await world.find(EMAIL)
    with pytest.raises(Expired):
        world.house.keyring.seal(record.person, record=record.id, compartment=compartment, epoch=old, plaintext=b"late")


@pytest.mark.parametrize("is_part", [False, True], ids=["person", "compartment"])
async def test_a_request_under_a_clock_that_is_behind_has_its_whole_cooling_time(
    tmp_path: Path, *, is_part: bool
) -> None:
    """It is shut at once, as always; and what is counted for its destruction is counted from the ledger's time."""
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await contact(world, person) if is_part else None
    world.clock.pass_days(-2)  # both clocks: to whatever was started since, nothing jumped
    fresh = await world.second()
    with pytest.raises(Unavailable, match="clock"):
        await fresh.erase(person, compartment=part, now=False)
    world.clock.pass_days(2)
    again = await world.second()
    [case] = await open_cases(again.house)
    assert case.step == "shut"
    assert (await carry_on(again.house, case, journal=world.journal)).case.step == "shut"
    world.clock.pass_days(1.1)
    assert (await carry_on(again.house, case, journal=world.journal)).case.step == "done"


async def test_a_case_whose_time_was_counted_by_a_clock_behind_waits_for_the_ledgers(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    asked = world.clock.now_ms() - 2 * DAY_MS
    case = await begin_person(world.house, person, by="os-user:0", reason="erasure", destroy_at=asked + DAY_MS)
    case = msgspec.structs.replace(case, asked_at=asked)
    world.plant(row_of(case, world.house.integrity_key))
    shut = (await carry_on(world.house, case, journal=world.journal)).case
    assert shut.step == "shut"
    world.clock.pass_days(1.1)
    assert (await carry_on(world.house, shut, journal=world.journal)).case.step == "done"
