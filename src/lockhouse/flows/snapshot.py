"""Fold those who have more records than a look opens, so that a look at them is whole; nobody is shown anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import LockhouseError, NotFound, Unavailable
from lockhouse.gates.disclose import FOLD_LIMIT
from lockhouse.gates.disclose.group import groups_of
from lockhouse.gates.facts import PROTECTED, facts_of_persons
from lockhouse.gates.pace import ROWS_A_STEP, Footing, Pace
from lockhouse.gates.rework import lacking, mend_snapshots, snapshot_person
from lockhouse.gates.rings import admit_rings
from lockhouse.model.rows import Person, Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from lockhouse.gates.house import House

CHUNK = 500
"""Persons whose histories are looked at between two looks at the whole table."""


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has folded, or would.

    Attributes:
        persons: source persons of whom something was.
        snapshots: made; of a dry run, that would be.
        records: that were opened for it.
        kept: persons of whom nothing was opened, since what there is of them is only kept.
        older: persons some of whose records are folded only once they are sealed again.
        mended: snapshots that this house did not make, or that did not open, and that were taken away. That is done of
            whoever is asked for by name: each of theirs is opened.
        faults: persons who could not be folded; `first` is why of the first of them.
    """

    persons: int = 0
    snapshots: int = 0
    records: int = 0
    kept: int = 0
    older: int = 0
    mended: int = 0
    faults: int = 0
    first: LockhouseError | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to be folded: one canonical person, or everybody; and whether it is only asked what would be."""

    person: bytes | None = None
    dry_run: bool = False


def _unheard(_done: int) -> None:
    """Nobody asked how far it has come."""


async def snapshot(house: House, wanted: Wanted, *, by: str, told: Callable[[int], None] = _unheard) -> Folded:
    """Whoever has more records than a look opens has snapshots of them that hold. Whoever cannot go holds up no other.

    Args:
        by: the actor who orders it.
        told: how many persons, or of one person records, more were looked at.

    Raises:
        NotFound: the person who is wanted is none, or nothing of them lives.
        Unavailable: the lease is lost, the clock is in doubt, or a store is away; call again.
    """
    done = Folded()
    records, persons = (_unheard, told) if wanted.person is None else (told, _unheard)
    async for place in _persons(house, wanted, persons):
        try:
            done = await _one(house, place, done, wanted, by=by, told=records)
        except NotFound:  # they ended meanwhile
            continue
        except Unavailable:
            raise
        except LockhouseError as error:
            if wanted.person is not None:
                raise
            done = msgspec.structs.replace(done, faults=done.faults + 1, first=done.first or error)
    return done


async def _one(  # noqa: PLR0913  (one person of a run, and what the run is)
    house: House, place: tuple[bytes, int], done: Folded, wanted: Wanted, *, by: str, told: Callable[[int], None]
) -> Folded:
    person, above = place
    footing = await Footing.of(house)
    if await _is_only_kept(house, person):
        return msgspec.structs.replace(done, kept=done.kept + 1)
    if wanted.dry_run:
        return await _planned(house, place, done, footing)
    if wanted.person is not None:
        done = msgspec.structs.replace(done, mended=done.mended + await mend_snapshots(house, person, by=by))
    made = await snapshot_person(house, person, by=by, above=above, told=told)
    return msgspec.structs.replace(
        done, persons=done.persons + bool(made.parts), snapshots=done.snapshots + made.snapshots,
        records=done.records + made.records, older=done.older + bool(made.older),
    )  # fmt: skip


async def _planned(house: House, place: tuple[bytes, int], done: Folded, footing: Footing) -> Folded:
    person, above = place
    await admit_rings(house, [person])
    if house.keyring.version_of(person) is None:
        raise NotFound("person: expected a living person")
    found = await lacking(house, person, footing, above=above)
    if found.fault is not None:
        raise found.fault
    return msgspec.structs.replace(
        done, persons=done.persons + bool(found), snapshots=done.snapshots + len(found),
        older=done.older + bool(found.older),
    )  # fmt: skip


async def _is_only_kept(house: House, person: bytes) -> bool:
    """Whether a source person, or whoever they are one with, is restricted or a minor (GDPR Art. 18(2), recital 38).

    A snapshot that they have already may stay: it opens no more than their records do.
    """
    [group] = await groups_of(house, [person])
    facts = await facts_of_persons(house, group, fresh=True)
    return person not in facts or any(one.state & PROTECTED for one in facts.values())


async def _persons(house: House, wanted: Wanted, told: Callable[[int], None]) -> AsyncIterator[tuple[bytes, int]]:
    """Source persons who may have more records than a look opens, and how many of theirs it does open.

    Of a canonical person all that live: together they have more than each.
    """
    if wanted.person is not None:
        [group] = await groups_of(house, [wanted.person])
        facts = await facts_of_persons(house, group, fresh=True)
        living = [one for one in group if one in facts and not facts[one].ending]
        if not living:
            raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
        many = [len(await house.reads.find(Record, ("person",), [(one,)], limit=FOLD_LIMIT + 1)) for one in living]
        for one in living if sum(many) > FOLD_LIMIT else ():
            yield one, 0 if len(living) > 1 else FOLD_LIMIT
        return
    pace = Pace()
    async for rows in house.reads.scan(Person, chunk=CHUNK):
        for row in rows:
            found = await house.reads.find(Record, ("person",), [(row.id,)], limit=FOLD_LIMIT + 1)
            await pace.step(1 + len(found) // ROWS_A_STEP)
            if len(found) > FOLD_LIMIT:
                yield row.id, FOLD_LIMIT
        told(len(rows))
