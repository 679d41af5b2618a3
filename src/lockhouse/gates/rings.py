"""Rings from the identity store into the keyring, never one that an ending has overtaken."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.ring import WrappedRing
from lockhouse.errors import Conflict, Tampered, Unavailable
from lockhouse.gates.authority import checked
from lockhouse.gates.cases import checked_case, sound_cases
from lockhouse.model.change import Change, Expect, Put
from lockhouse.model.change import Conflict as NotDone
from lockhouse.model.rows import EpochKey, Intent, KeyRing, Limbo, Tombstone
from lockhouse.model.scale import KeyState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lockhouse.gates.cases import Case
    from lockhouse.gates.house import House

TRIES = 5


class Waiting(NamedTuple):
    """The case that shut a key, and from when on (ms) it is destroyed; until it is, the case can be called off."""

    case: bytes
    destroy_at: int


async def admit_rings(house: House, persons: Collection[bytes], *, again: bool = False) -> None:
    """The committed rings of these persons are in the keyring; those without a ring row are left out.

    A ring that was read before the key epoch moved is not admitted after it: an ending may lie between, and the
    keyring has already dropped what it must.

    Args:
        again: read the rows even of rings that are held, for a version known to be newer.

    Raises:
        Unavailable: the key epoch kept moving.
    """
    for _ in range(TRIES):
        missing = [(person,) for person in persons if again or house.keyring.version_of(person) is None]
        if not missing:
            return
        epoch = house.epochs.key()
        rows = await house.reads.get(KeyRing, missing)
        if epoch != house.epochs.key():
            continue
        for row in rows.values():
            try:
                house.keyring.admit(row.person, row.generation, row.version, row.wrapped)
            except Conflict:  # a newer version was admitted while this one was being read
                continue
        return
    raise Unavailable("keys: expected the key epoch to hold still", retry_after_s=1.0)


async def extend_rings_of(house: House, lacking: Mapping[bytes, Collection[int]], *, deadline: int) -> set[bytes]:
    """The rings of these persons have keys of these compartments too, and lie in the keyring; those that moved first.

    Args:
        house: as it stands.
        lacking: person -> compartments that their ring lacks.
        deadline: ms; not durable by then, they are not to be written.
    """
    stored = await house.reads.get(KeyRing, [(person,) for person in lacking])
    changes = []
    for (person,), row in stored.items():
        ring = WrappedRing(person, row.generation, row.version, row.wrapped)
        more = house.keyring.extend(ring, lacking[person])
        expect = Expect(KeyRing.TABLE, (person,), {"version": row.version}, False, "ring-moved")  # noqa: FBT003
        put = Put(KeyRing.TABLE, KeyRing(person, more.generation, more.version, more.blob))
        changes.append(Change("identity", puts=(put,), expects=(expect,), deadline=deadline))
    answers = await house.commits.commit_each(changes)
    moved = {person for (person,), answer in zip(stored, answers, strict=True) if isinstance(answer, NotDone)}
    await admit_rings(house, set(lacking) - moved, again=True)
    return moved


async def in_use(house: House, serials: Collection[bytes]) -> set[bytes]:
    """Those of the serials whose keys are in use, a person's or an epoch's; every ring is opened for it, none is kept.

    A ring that does not open is passed over: whoever reads its person's data is told.
    """
    found = set[bytes]()
    async for rings in house.reads.scan(KeyRing):
        for row in rings:
            with suppress(Tampered, Unavailable):
                held = house.keyring.serials_in(WrappedRing(row.person, row.generation, row.version, row.wrapped))
                found.update(set(held).intersection(serials))
    async for keys in house.reads.scan(EpochKey):
        found |= {row.serial for row in keys if row.state == KeyState.LIVE}.intersection(serials)
    return found


async def refuse_ended(house: House, persons: Collection[bytes]) -> dict[bytes, Waiting]:
    """None of these persons' rings in use holds a key that was destroyed or shut; those that are only shut, by serial.

    A ring row that somebody kept from before an ending still unwraps, until its KEK generation is destroyed. So the
    tombstones and the limbo are asked whenever something is to be shown.

    Raises:
        Tampered: a ring row was rolled back, or a tombstone was not made by this house.
    """
    if not persons:
        return {}
    ended, waiting = await _ended_serials(house, persons)
    if not (suspects := _holding(house, ended)):
        return waiting
    for person in suspects:  # an ending may just have overtaken what this process holds: look again
        house.keyring.forget(person)
    await admit_rings(house, suspects)
    ended, more = await _ended_serials(house, suspects)
    if _holding(house, ended):
        raise Tampered("keys: expected a ring without the keys that have ended")
    return waiting | more


async def _ended_serials(
    house: House, persons: Collection[bytes]
) -> tuple[dict[bytes, set[bytes]], dict[bytes, Waiting]]:
    """Serials that were destroyed or shut, by person; and the shut ones. A tombstone is believed more than a case.

    What is shut is what the open cases say, whose MACs are checked. A limbo row says only that there must be one.

    Raises:
        Tampered: a tombstone, or the intent of what waits in limbo, was not made by this house or was taken away.
    """
    keys = [(person,) for person in persons]
    ended: dict[bytes, set[bytes]] = {}
    waiting: dict[bytes, Waiting] = {}
    for stone in checked(await house.reads.find(Tombstone, ("person",), keys), house.integrity_key):
        ended.setdefault(stone.person, set()).add(stone.serial)
    for case in await _cases_of(house, keys):
        for person, serials in zip(case.persons, case.held, strict=False):  # what is only begun holds nothing yet
            if person in persons:
                shut = set(serials) - ended.setdefault(person, set())
                waiting |= dict.fromkeys(shut, Waiting(case.id, case.destroy_at))
                ended[person] |= shut if case.step != "cancelling" else set()  # those may be back in the ring
    return ended, waiting


async def _cases_of(house: House, keys: Sequence[tuple[bytes]]) -> list[Case]:
    """The open cases; whatever waits in limbo of these persons has one whose MAC verifies, or had.

    A spoilt intent of somebody else's holds up nobody here.
    """
    limbo = {row.case_id for row in await house.reads.find(Limbo, ("person",), keys)}  # first: its case stands by then
    cases, _ = await sound_cases(house)
    if others := limbo.difference([case.id for case in cases]):
        rows = await house.reads.get(Intent, [(one,) for one in others])
        if len(rows) < len(others):
            raise Tampered("ending: expected an intent for what waits in limbo")
        for row in rows.values():
            checked_case(house, row)
    return cases


def _holding(house: House, ended: dict[bytes, set[bytes]]) -> set[bytes]:
    held = {person for person in ended if house.keyring.version_of(person) is not None}
    every = house.keyring.every_serial
    return {person for person in held if any(not ended[person].isdisjoint(one) for one in every(person).values())}
