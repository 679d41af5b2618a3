"""A course that an admin vouches for opens a door until its day; a row that nobody noted opens none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Invalid, Tampered
from lockhouse.flows.teach import attest, attested
from lockhouse.model.change import Change, Put
from lockhouse.model.decision import Actor
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import LedgerEntry
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

WHO = "os-user:1000"
ACTOR = Actor(id=WHO, kind="os-user", roles=("support",))
TAUGHT = POLICY + "training:\n  privacy-basics: {every: 12 months, grace: 14 days after assigned}\n"


async def test_a_recorded_course_counts_until_its_day_and_is_noted(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TAUGHT)
    until = world.clock.now_ms() + 30 * DAY_MS
    row = await attest(world.house, WHO, "privacy-basics", until=until, by="os-user:0")
    assert (await world.house.actor_facts.of(ACTOR)).training == {"privacy-basics"}
    entry = (await world.store.get(LedgerEntry, [(row.entry,)]))[(row.entry,)]
    assert entry.kind == "attestation"
    assert await attested(world.house) == [row]
    world.clock.pass_days(31)
    assert "privacy-basics" not in (await world.house.actor_facts.of(ACTOR)).training


@pytest.mark.parametrize(("actor", "course", "days"), [(WHO, "juggling", 1), (WHO, "privacy-basics", -1)])
async def test_a_course_must_be_known_and_its_day_to_come(tmp_path: Path, actor: str, course: str, days: int) -> None:
    world = await World.make(tmp_path, TAUGHT)
    with pytest.raises(Invalid):
        await attest(world.house, actor, course, until=world.clock.now_ms() + days * DAY_MS, by="os-user:0")
    assert await attested(world.house) == []


async def test_an_actor_that_is_a_name_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TAUGHT)
    with pytest.raises(Invalid):
        await attest(world.house, "Anna Schmidt", "privacy-basics", until=world.clock.now_ms() + DAY_MS, by="os-user:0")
    assert await attested(world.house) == []


async def test_a_course_that_somebody_wrote_into_the_store_opens_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TAUGHT)
    until = world.clock.now_ms() + DAY_MS
    row = await attest(world.house, WHO, "privacy-basics", until=until, by="os-user:0")
    longer = msgspec.structs.replace(row, until_at=until + DAY_MS)
    await world.store.commit(Change("identity", puts=(Put("attestation", longer),)))
    with pytest.raises(Tampered):
        await attested(world.house)
