"""Finding a person by their e-mail address in a house of a million persons, against one of ten thousand.

What is real: every person has the rows that collecting gives a customer known by an address (their own, their ring of
minted and wrapped keys, their blind index under its MAC), made by the product's own code and committed by its own
writer, durably, in large groups. What is not: they came through no channel and have no records; and their ids stand in
the order of their blind indexes, so that both trees are written from end to end, without which a million take half an
hour of disk. So their pages are full, where those of a house that grew are two thirds full. Who is looked up is drawn
from all of them, each once, in a process of its own beside the house's running writer.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from bench.house import found, served
from bench.report import Figure
from lockhouse import wiring
from lockhouse.flows import look
from lockhouse.gates.authority import bound_all, checked_bound
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.model.change import Change, Put
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Identifier, KeyRing, Person
from lockhouse.model.scale import Belief, PersonState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.house import Founded
    from lockhouse.gates.house import House

SMALL = 10_000
GROUP = 20_000
"""Persons a commit."""
BLOCKS = 9
LOOKS = 100
"""In each block, of each house in turn."""
FINDS = 15
SUPPORT = Actor(id="os-user:0", kind="os-user", roles=("support",))


class _Waits(NamedTuple):
    """Of one house: the middle look-up of each block, and each whole look (ms)."""

    looked_up: list[float]
    found: list[float]


def of_a_large_house(base: Path, *, persons: int, small: int = SMALL) -> list[Figure]:
    """The figures `lookup_…` and `find_…`.

    Raises:
        SystemExit: an address did not lead to one person.
    """
    houses = [found(base, "large"), found(base, "small")]
    began = time.perf_counter()
    asyncio.run(settle(houses[0], persons))
    took = time.perf_counter() - began
    asyncio.run(settle(houses[1], small))
    large, few = asyncio.run(_compared(houses, (persons, small)))
    ratio = tuple(one / other for one, other in zip(large.looked_up, few.looked_up, strict=True))
    said = f"e-mail to person among {persons:,} ÷ among {small:,}, block by block"
    return [
        Figure("lookup_1m_over_10k", ratio, "ratio", said),
        Figure("lookup_1m_p50_ms", tuple(large.looked_up), "ms", f"blind index, row and MAC, among {persons:,}"),
        Figure("lookup_10k_p50_ms", tuple(few.looked_up), "ms", f"the same among {small:,}"),
        Figure("find_1m_p50_ms", tuple(large.found), "ms", f"the whole look, entry committed, among {persons:,}"),
        Figure("find_10k_p50_ms", tuple(few.found), "ms", f"the same among {small:,}"),
        Figure("settle_per_s", (persons / took,), "persons/s", "in which the house was filled, by its own writer"),
    ]


def _email_of(number: int) -> str:
    return f"person.{number}@mail.example"


async def settle(founded: Founded, persons: int) -> None:
    """So many persons are there, with the rows of somebody who is known by an address."""
    async with wiring.opened(founded.folder, role="console") as opening:
        house = opening.house
        kind = house.live().kind("email")
        tags = [
            house.indexer.tag(kind.number, kind.generation, _email_of(number), norm=NORM_VERSION)
            for number in range(persons)
        ]
        tags.sort()
        for at in range(0, persons, GROUP):
            await house.commits.commit(_settling(house, tags[at : at + GROUP]))


def _settling(house: House, tags: Sequence[bytes]) -> Change:
    """As `gates.collect.write` settles new persons of whom an address is known."""
    kind, now = house.live().kind("email"), house.clock.now_ms()
    ids = sorted(house.ids.new() for _ in tags)
    parts = set(house.live().ring_for(frozenset([kind.number])))
    rings = house.keyring.mint_all([(one, parts) for one in ids])
    persons = [Person(one, PersonState.NONE, None, 1, now, now, b"") for one in ids]
    indexes = [
        Identifier(kind.number, kind.generation, tag, Belief.CLAIMED, one, now, b"")
        for tag, one in zip(tags, ids, strict=True)
    ]
    puts = [Put(Person.TABLE, row) for row in bound_all(persons, house.row_macs)]
    puts += [Put(KeyRing.TABLE, KeyRing(one.person, one.generation, one.version, one.blob)) for one in rings]
    puts += [Put(Identifier.TABLE, row) for row in bound_all(indexes, house.row_macs)]
    return Change("identity", puts=tuple(puts))


async def _compared(houses: Sequence[Founded], sizes: Sequence[int]) -> list[_Waits]:
    """Both houses in turn, each beside its own running processes."""
    with ExitStack() as running:
        for one in houses:
            running.enter_context(served(one.folder, "sealed"))
        async with (
            wiring.opened(houses[0].folder, role="console") as large,
            wiring.opened(houses[1].folder, role="console") as small,
        ):
            draw = random.Random(1)  # noqa: S311  # who is looked up
            drawn = [draw.sample(range(size), BLOCKS * LOOKS + FINDS) for size in sizes]
            waits = [_Waits([], []), _Waits([], [])]
            gc.collect()
            for block in range(BLOCKS):
                for house, numbers, into in zip((large.house, small.house), drawn, waits, strict=True):
                    some = numbers[block * LOOKS : (block + 1) * LOOKS]
                    into.looked_up.append(statistics.median([await _look_up(house, one) for one in some]))
            for number in range(-FINDS, 0):
                for house, numbers, into in zip((large.house, small.house), drawn, waits, strict=True):
                    into.found.append(await _find(house, numbers[number]))
    return waits


async def _look_up(house: House, number: int) -> float:
    """As `flows.look` reads whom an address leads to."""
    began = time.perf_counter()
    kind = house.live().kind("email")
    tag = house.indexer.tag(kind.number, kind.generation, _email_of(number), norm=NORM_VERSION)
    found = await house.reads.find(Identifier, ("kind", "generation", "tag"), [(kind.number, kind.generation, tag)])
    owners = checked_bound(found, house.row_macs)
    took = (time.perf_counter() - began) * 1e3
    if len(owners) != 1:
        raise SystemExit(f"bench: expected one owner of an address, got {len(owners)}")
    return took


async def _find(house: House, number: int) -> float:
    began = time.perf_counter()
    ask = await look.ask_of(house, SUPPORT, action="find", purpose=None)
    found = await look.find(house, ask, by="email", value=_email_of(number))
    took = (time.perf_counter() - began) * 1e3
    if len(found.persons) != 1:
        raise SystemExit(f"bench: expected one person to be shown, got {len(found.persons)}")
    return took
