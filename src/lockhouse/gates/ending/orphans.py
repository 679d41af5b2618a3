"""Ending persons for whom nothing was ever stored: a process ended between the two commits of collecting.

It goes the way of every ending, since that is what makes it safe beside a process that still holds such a person's
ring: the seal moves first, so that no record decided before can become durable, then ring and indexes wait in limbo,
where nothing can be added to them. Only then is it asked whether something has come after all; if so, they are put
back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import NotFound
from lockhouse.gates.cases import ORPHAN, Case, moved, step
from lockhouse.gates.ending.person import intents_of
from lockhouse.gates.ending.seals import move, seals_of
from lockhouse.gates.facts import SEAL_ENDING
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model.rows import Consent, KeyRing, Link, Record, Seal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.house import House


async def orphans_of(house: House, persons: Sequence[bytes]) -> list[bytes]:
    """Those of the persons who have a ring and nothing else: no seal, word, link or record."""
    keys = [(person,) for person in persons]
    rings, seals = await house.reads.get(KeyRing, keys), await house.reads.get(Seal, keys)
    bare = [person for person in persons if (person,) in rings and (person,) not in seals]
    known = await known_of(house, bare)
    return [person for person in bare if person not in known]


async def known_of(house: House, persons: Collection[bytes]) -> set[bytes]:
    """Those of the persons of whom something stands: a word, a link or a record."""
    keys = [(person,) for person in persons]
    known = {row.person for row in await house.reads.find(Consent, ("person",), keys)}
    links = await house.reads.find(Link, ("a",), keys) + await house.reads.find(Link, ("b",), keys)
    known |= {end for row in links for end in (row.a, row.b)}.intersection(persons)
    for person in set(persons) - known:  # each for itself: somebody may have a hundred thousand
        if await house.reads.find(Record, ("person",), [(person,)], limit=1):
            known.add(person)
    return known


async def begin_orphans(house: House, persons: Sequence[bytes], *, by: str) -> Case:
    """The intent to end these is durable, and nothing that was decided before can be stored for them.

    Without a cooling time: there is nothing that could be missed, and nothing that keeps a sender's retry out.

    Raises:
        NotFound: none of them is left.
        Moved: something has come for one of them.
        Unavailable: the clock is in doubt.
    """
    seals = [one for one in await seals_of(house, persons) if one.version == 0]
    await admit_rings(house, [one.person for one in seals], again=True)
    seals = [one for one in seals if house.keyring.version_of(one.person) is not None]
    if not seals:
        raise NotFound("person: expected a living person for whom nothing was stored")
    now = await trusted_now(house)
    case = Case(
        id=house.ids.new(), what="person", by=by, reason=ORPHAN, entries=tuple(house.ids.new() for _ in seals),
        asked_at=now, destroy_at=now, salt=house.ids.random(16), persons=tuple(one.person for one in seals),
        scope=("persons for whom nothing was ever stored",),
    )  # fmt: skip
    puts, expects = move(seals, [SEAL_ENDING] * len(seals))
    if await step(house, case, was=None, puts=puts, expects=expects, entries=intents_of(house, case)) is not None:
        raise moved()
    return case
