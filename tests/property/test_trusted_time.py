"""However a clock is waited under, set, and started under again: nothing ends by a time that nobody watched for a day.

The clocks' story is drawn; what may end is reckoned here anew, from the story and from the ledger's entries alone.
"""

from __future__ import annotations

import asyncio
import copy
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lockhouse.adapters.memory import MemoryStore
from lockhouse.errors import Unavailable
from lockhouse.gates.ending import carry_on
from lockhouse.gates.trusted_time import BEHIND_MS
from lockhouse.model.ids import AHEAD_MS, DAY_MS, JUMP_MS
from lockhouse.model.rows import LedgerEntry, Tombstone
from tests.flows.anna import EMAIL, anna
from tests.world import NOW, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.ending import Case

YEARS = 70 * 365.25
Step = tuple[str, float]
waits = st.tuples(st.just("wait"), st.sampled_from([0.01, 0.5, 1.0, 3.0, 4.0]) | st.floats(0, 5))
jumps = st.tuples(
    st.just("set"), st.sampled_from([YEARS, -YEARS, 40.0, 4.0, 1.1, -1.1, -4.0, 0.003]) | st.floats(-40, 40)
)
stories = st.lists(waits | jumps | st.sampled_from([("start", 0.0), ("look", 0.0)]), max_size=5)


class Begun(NamedTuple):
    """Both clocks when a process began."""

    wall: int
    run: float


@dataclass(frozen=True, repr=False)
class Shut:
    """A house in which somebody is shut and waits to be destroyed; each story begins with it as it was then."""

    world: World
    case: Case
    tables: dict[str, dict[Any, Any]]

    def again(self) -> World:
        """The house as it was, under its own time."""
        shelf = self.world.store.shelf
        for name, rows in self.tables.items():
            shelf.tables[name] = rows.copy()
        self.world.clock.at, self.world.clock.run = NOW, 0.0
        self.world.journal.serials.clear()
        self.world.store = MemoryStore(self.world.store.parts, shelf=shelf)
        return self.world


@pytest.fixture
def shut(tmp_path: Path) -> Shut:
    async def made() -> Shut:
        world = await World.make(tmp_path)
        case = await world.erase(await anna(world), now=False)
        return Shut(world, case, copy.deepcopy(world.store.shelf.tables))

    return asyncio.run(made())


def may_end(now: int, run: float, begun: Begun, entries: list[int]) -> bool:
    """Whether the time that this process sees was watched for a day, by itself or by the ledger's entries."""
    if abs((now - begun.wall) - (run - begun.run) * 1000) > JUMP_MS:
        return False
    if now < entries[-1] - BEHIND_MS or begun.wall > entries[-1] + AHEAD_MS:
        return False
    leaps = [later for earlier, later in pairwise(entries) if later - earlier > DAY_MS]
    by_ledger = now - entries[-1] <= DAY_MS and (not leaps or now - leaps[-1] >= DAY_MS)
    return now - begun.wall >= DAY_MS or by_ledger


async def _told(shut: Shut, story: list[Step]) -> None:
    one = await shut.again().second()
    begun = Begun(one.clock.at, one.clock.run)
    for what, days in story:
        if what == "wait":
            one.clock.pass_days(days)
        elif what == "set":
            one.clock.jump_days(days)
        elif what == "start":
            one.store = MemoryStore(one.store.parts, shelf=one.store.shelf)
            one = await one.second()
            begun = Begun(one.clock.at, one.clock.run)
        else:
            with suppress(Unavailable):
                await one.find(EMAIL)
    entries = sorted(row.at for row in await one.rows(LedgerEntry))
    try:
        step = (await carry_on(one.house, shut.case, journal=one.journal)).case.step
    except Unavailable:
        step = "shut"
    if step == "done":
        assert one.clock.at >= shut.case.destroy_at
        assert may_end(one.clock.at, one.clock.run, begun, entries)
    else:
        assert (one.journal.serials, await one.rows(Tombstone)) == ([], [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories)
@example(story=[("set", 4.0)])
@example(story=[("set", 4.0), ("start", 0.0)])
@example(story=[("wait", 0.5), ("set", 4.0), ("start", 0.0), ("look", 0.0), ("wait", 0.5)])
@example(story=[("set", YEARS), ("start", 0.0), ("wait", 4.0)])
@example(story=[("wait", 2.0), ("look", 0.0), ("set", -1.1), ("wait", 0.01), ("set", 1.1), ("wait", 1.0)])
@example(story=[("set", 6.0), ("start", 0.0), ("look", 0.0), ("set", -2.0), ("start", 0.0), ("wait", 1.0)])
def test_nothing_ends_by_a_time_that_nobody_watched_for_a_day(shut: Shut, story: list[Step]) -> None:
    asyncio.run(_told(shut, story))
