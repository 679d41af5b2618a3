"""What waited passes the gate in its order, also where a store fails on the way: a withdrawal is not lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.errors import Unavailable
from lockhouse.faces.serve import draining
from lockhouse.gates.collect import intake
from lockhouse.gates.collect.intake import MAX_GROUP
from lockhouse.gates.facts import facts_of_persons
from lockhouse.model import codes
from lockhouse.model.event import Batch, Event, Reply
from tests.faces.test_spool import MB, House, house, make
from tests.world import POLICY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from lockhouse.gates.collect.turns import Turns
    from lockhouse.gates.house import House as GateHouse
    from lockhouse.model.change import Change
    from lockhouse.model.ports import Commits

__all__ = ["house"]


CONSENT_EVERYWHERE = POLICY.replace("basis: {default: consent, us: opt_out}", "basis: consent")
"""So that a no says nothing where nobody said yes."""


class OnceAway:
    """Commits of a store of which the first fails."""

    def __init__(self, inner: Commits) -> None:
        self._inner = inner
        self.failed = False

    async def commit(self, change: Change) -> Any:
        [answer] = await self.commit_each([change])
        return answer

    async def commit_each(self, changes: Sequence[Change]) -> Any:
        if not self.failed:
            self.failed = True
            raise Unavailable("store: expected one that answers, got none")
        return await self._inner.commit_each(changes)

    async def scrub(self) -> None:
        await self._inner.scrub()


async def marketing_of(house: House, email: str) -> bool | None:
    person = await house.world.person(email)
    return (await facts_of_persons(house.world.house, {person}, fresh=True))[person].consents.get("marketing")


async def test_a_no_counts_though_the_store_fails_once_while_the_yes_before_it_is_brought_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More wait between the two than pass the gate together."""
    monkeypatch.setattr(draining, "RETRY_S", 0.01)
    house = await make(tmp_path, policy=CONSENT_EVERYWHERE, most_bytes=4 * MB)
    house.store.is_away = True
    anna = "anna@example.com"
    await house.send("identify", email=anna, name="Anna", consent={"Advertising": True})
    for number in range(MAX_GROUP + 5):
        await house.send("identify", email=f"person-{number}@example.com")
    house.world.clock.pass_days(0.1)
    await house.send("identify", email=anna, name="Anna", consent={"Advertising": False})
    house.world.house.commits = away = OnceAway(house.store)
    await house.come_back()
    assert away.failed
    assert await marketing_of(house, anna) is False
    house.spool.close()


async def test_nothing_passes_the_gate_before_what_waited_earlier_is_decided(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "RETRY_S", 0.01)
    monkeypatch.setattr(draining, "TOGETHER", 2)
    house.store.is_away = True
    for number in range(6):
        await house.send(email=f"person-{number}@example.com")
    asked: list[str] = []
    decided: list[str] = []

    async def failing_once(batch: Batch) -> Sequence[Reply]:
        [event] = batch.items
        assert isinstance(event, Event)
        name = str(event.source["properties"]["email"])
        asked.append(name[7:8])
        if asked.count(name[7:8]) == 1 and name[7:8] in "03":
            raise Unavailable("store: expected one that answers, got none")
        replies = await house.collector.decide(batch)
        decided.append(name[7:8])
        return replies

    await house.come_back(failing_once)
    assert asked == list("01023345")
    assert sorted(decided) == list("012345")


async def test_what_was_set_aside_passes_the_gate_as_one_group_whoever_else_waits_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[set[int]] = []
    passage = intake.collect_group

    async def seen(house: GateHouse, batches: Sequence[Batch], *, turns: Turns | None = None) -> list[list[Reply]]:
        groups.append({batch.late_at for batch in batches})
        return await passage(house, batches, turns=turns)

    monkeypatch.setattr(intake, "collect_group", seen)
    batches = [house.world.batch("backend", "identify", {"email": f"person-{number}@example.com"}) for number in "123"]
    late = [msgspec.structs.replace(batch, late_at=batch.received_at) for batch in batches[:2]]
    await asyncio.gather(*map(house.collector.decide, [batches[2], *late, batches[2]]))
    assert groups == [{0}, {late[0].late_at}, {0}]


async def test_a_no_that_passes_before_the_yes_it_took_back_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the yes stays contested, to be tried again, while the no behind it is decided."""
    monkeypatch.setattr(draining, "RETRY_S", 0.01)
    house = await make(tmp_path, policy=CONSENT_EVERYWHERE)
    await house.send("identify", email="anna@example.com")
    house.store.is_away = True
    for answer in (True, False):
        house.world.clock.pass_days(0.1)
        await house.send("identify", email="anna@example.com", name="Anna", consent={"Advertising": answer})
    tries: list[int] = []

    async def contested_once(batch: Batch) -> Sequence[Reply]:
        tries.append(batch.received_at)
        if len(tries) == 1:
            return [Reply(outcome="refused", code=codes.UNSETTLED)]
        return await house.collector.decide(batch)

    await house.come_back(contested_once)
    assert tries[0] == tries[2] < tries[1]
    assert await marketing_of(house, "anna@example.com") is False
    house.spool.close()
