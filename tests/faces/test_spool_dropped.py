"""What waits for longer than seven days: who may drop it, and who must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Unavailable
from lockhouse.faces.serve import draining
from lockhouse.faces.serve.collector import HouseCollector
from lockhouse.faces.serve.desk import Answers
from lockhouse.faces.serve.draining import FAILS_FOR_S, KEPT_MS, Draining
from lockhouse.faces.serve.spool import Spool
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import EpochKey, Quarantined
from lockhouse.wiring_spool import spool_file
from tests.faces.test_spool import MB, House, house, make
from tests.world import POLICY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.gates.house import House as GateHouse
    from lockhouse.model.event import Batch, Reply

__all__ = ["house"]

HOUR = 1 / 24
DAYS = KEPT_MS / DAY_MS


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "RETRY_S", 0.001)
    monkeypatch.setattr(draining, "MOST_TRIES", 2)


class NoLease:
    """The writer has not confirmed this process."""

    def alive(self) -> bool:
        return False


def beside(house: House, gates: GateHouse) -> tuple[Draining, Spool]:
    """Another process of the house, which collects as well."""
    file = spool_file(house.folder, gates, most_bytes=MB)
    assert file is not None
    spool = Spool(file, house.world.clock)
    return Draining(spool, gates, decide=house.collector.decide, on_incident=lambda *_: None), spool


async def test_what_waits_for_seven_days_in_vain_is_dropped_unread_and_not_before(house: House) -> None:
    """The process is alive and tries; what it cannot reach is the store."""
    house.store.is_away = True
    await house.send(email="anna@example.com")
    drains = house.draining()
    with pytest.raises(Unavailable):
        await drains.look()
    house.world.clock.pass_days(DAYS)
    with pytest.raises(Unavailable):
        await drains.look()
    assert house.spool.waits()
    house.world.clock.pass_days(0.01)
    await drains.look()
    assert not house.spool.waits()


async def test_a_house_that_lay_still_for_weeks_brings_back_what_waits_though_its_writer_is_late(house: House) -> None:
    house.store.is_away = True
    await house.send(email="anna@example.com")
    house.store.is_away = False
    house.world.clock.pass_days(3 * DAYS)
    await house.world.new_epochs()
    epochs, house.world.house.epochs = house.world.house.epochs, NoLease()  # type: ignore[assignment]  # all it is asked
    drains = house.draining()
    await drains.look()
    house.world.clock.pass_days(HOUR / 2)
    await drains.look()
    house.world.house.epochs = epochs
    await house.world.new_epochs()
    await drains.look()
    assert (len(await house.records()), house.spool.waits()) == (1, False)


async def test_a_writer_that_never_comes_back_keeps_nothing_waiting_for_ever(house: House) -> None:
    house.store.is_away = True
    await house.send(email="anna@example.com")
    house.world.house.epochs = NoLease()  # type: ignore[assignment]  # all it is asked
    drains = house.draining()
    await drains.look()
    house.world.clock.pass_days(DAYS + FAILS_FOR_S / 86_400)
    await drains.look()
    assert not house.spool.waits()


async def test_nobody_drops_what_another_process_is_bringing_back(house: House) -> None:
    house.store.is_away = True
    for number in range(4):
        await house.send(email=f"person-{number}@example.com")
    other, spool = beside(house, house.world.house)
    with pytest.raises(Unavailable):
        await other.look()
    house.world.clock.pass_days(DAYS + 1)
    house.store.is_away = False
    await house.world.new_epochs()

    async def meanwhile(batch: Batch) -> Sequence[Reply]:
        await other.look()
        assert house.spool.waits()
        return await house.collector.decide(batch)

    await house.draining(meanwhile).look()
    assert (len(await house.records()), house.spool.waits()) == (4, False)
    spool.close()


async def test_a_clock_that_nobody_has_watched_drops_nothing(house: House) -> None:
    """It was set ahead, by less than is noticed, before the process began."""
    house.store.is_away = True
    await house.send(email="anna@example.com")
    house.world.clock.jump_days(20)
    gates = (await house.world.restarted()).house
    await trusted_now(gates)
    gates.epochs = NoLease()  # type: ignore[assignment]  # all it is asked
    drains, spool = beside(house, gates)
    await drains.look()
    house.world.clock.pass_days(2 * HOUR)
    with pytest.raises(Unavailable, match="clock: expected a day in which it was watched"):
        await drains.look()
    assert spool.waits()
    spool.close()


async def test_what_waits_is_brought_back_though_by_now_the_settings_set_nothing_aside(house: House) -> None:
    house.store.is_away = True
    await house.send(email="anna@example.com")
    size = house.size()
    file = spool_file(house.folder, house.world.house, most_bytes=0)
    assert file is not None
    spool = Spool(file, house.world.clock)
    collector = HouseCollector(house.world.house, Answers(), spool=spool)
    another = house.world.batch("backend", "identify", {"email": "second@example.com"})
    with pytest.raises(Unavailable):  # it must not overtake what waits
        await collector.collect(another)
    assert house.size() == size
    house.store.is_away = False
    await Draining(spool, house.world.house, decide=collector.decide, on_incident=lambda *_: None).look()
    assert (len(await house.records()), spool.waits()) == (1, False)
    assert (await collector.collect(another))[0].outcome == "stored"
    spool.close()
    assert spool_file(house.folder, house.world.house, most_bytes=0) is None


async def test_nothing_is_dropped_by_a_clock_in_doubt(house: House) -> None:
    house.store.is_away = True
    await house.send(email="anna@example.com")
    drains = house.draining()
    with pytest.raises(Unavailable):
        await drains.look()
    house.world.clock.pass_days(2 * HOUR)
    house.world.clock.jump_days(40)
    with pytest.raises(Unavailable, match="clock: expected"):
        await drains.look()
    assert house.spool.waits()


async def test_of_what_waited_for_longer_than_72_hours_nothing_more_lies_in_quarantine(tmp_path: Path) -> None:
    trial = POLICY.replace("secret, stage: live}\n  account", "secret, stage: trial}\n  account")
    house = await make(tmp_path, policy=trial)
    await house.send(email="anna@example.com")
    for days, kept in ((3.01, 0), (1, 1)):
        house.store.is_away = True
        await house.send(email="anna@example.com", gift_wrap="red")
        house.world.clock.pass_days(days)
        house.store.is_away = False
        await house.world.new_epochs()
        await house.come_back()
        assert len(await house.world.rows(Quarantined)) == kept
        assert len({row.epoch for row in await house.world.rows(EpochKey) if not row.compartment}) == kept
    assert len(await house.records()) == 3
    house.spool.close()
