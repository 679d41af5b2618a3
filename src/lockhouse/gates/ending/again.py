"""Endings in a house that was brought back: its two stores were copied one after the other, or on different days.

What waits in limbo lies in one store, and the case that says why in the other. Whichever of them is there is believed:
a request that stands is never dropped, and whoever called theirs off, as far as the stores know, is not ended.

Only for a house that was just restored: in one at work, whoever takes rows away and puts old ones back by SQL must not
begin or call off anything thereby.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.crypto.ring import WHOLE
from lockhouse.errors import Conflict as Moved
from lockhouse.gates.authority import checked
from lockhouse.gates.cases import RESTORE, Case, Extent, advance, moved, sound_cases, step
from lockhouse.gates.ending.blast import Ends, extent_of
from lockhouse.gates.ending.cancel import put_back
from lockhouse.gates.ending.epoch import is_daily, scope_of, shut_epoch
from lockhouse.gates.ending.orphans import orphans_of
from lockhouse.gates.ending.person import limbo_rows, serials_in_limbo, shut
from lockhouse.gates.ending.seals import move, seals_of, states_of
from lockhouse.gates.ending.steps import carry_on, destroy_person, holding
from lockhouse.gates.epochs import epoch_at, open_epoch_key
from lockhouse.gates.facts import SEAL_ENDED, SEAL_OPEN
from lockhouse.gates.told import tell_late
from lockhouse.ledger.entry import Intent as IntentEntry
from lockhouse.model.change import Change, Delete
from lockhouse.model.rows import EpochKey, Intent, Limbo, Person, Record, Tombstone
from lockhouse.model.scale import KeyState
from lockhouse.rights.erasure import destroy_at

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House
    from lockhouse.model.ports import Journal


CHUNK = 50
"""Persons a case of rows that came back: its intent holds an entry for each."""


class _Waiting(NamedTuple):
    """What a limbo row holds: the person's ref, and compartment -> serials of the keys that are to end."""

    ref: bytes
    serials: dict[int, tuple[bytes, ...]]


async def adopt(
    house: House, known: Collection[Case], *, spoilt: Collection[bytes], journal: Journal, by: str
) -> None:  # fmt: skip
    """What is shut without an open case has one, or is what its closed case says: put back, or destroyed.

    A new case cools from now on, under its old id, so that it can be called off: nobody knows any more whether it was.
    What may be of a retention run, a month or a part of persons, is weighed together like one: nobody knows any more
    whether anybody meant it.
    Of a case that was edited nothing is believed: it is as if it were not there.

    Args:
        house: just restored.
        known: every sound case of it, the closed ones too.
        spoilt: ids of those that are not sound.
        journal: of the restored house.
        by: who restores.

    Raises:
        Tampered: a limbo row or an epoch key is not as the house made it.
        Unavailable: a step could not finish; call again.
    """
    cases = {case.id: case for case in known}
    lost: dict[bytes, list[Limbo]] = defaultdict(list)
    async for rows in house.reads.scan(Limbo):
        for row in rows:
            case = cases.get(row.case_id)
            if case is None:
                lost[row.case_id].append(row)
            elif case.step == "cancelled":
                links = await put_back(house, case, row.person)
                with suppress(Moved):  # what is not told here is told by the daily round
                    await tell_late(house, links, by=case.cancelled_by)
            elif case.step == "done":
                await _destroy(house, case, row.person, journal=journal)
    again = [_again(house, of_case, by=by) for of_case in lost.values()]
    shut = await _shut_alone(house, known)
    run = await _run_of(house, [case for case, _ in again], shut)
    for case, waiting in again:
        if case.id in spoilt:  # its row is in the way; it stays in the backup
            await house.commits.commit(Change("record", deletes=(Delete(Intent.TABLE, (case.id,)),)))
        await _stand_again(house, msgspec.structs.replace(case, run=run) if case.compartment else case, waiting)
    for key in shut:
        await _end_again(house, key, by=by, run=msgspec.UNSET if key.compartment == WHOLE else run)
    await house.epochs.announce(key=True)


async def _shut_alone(house: House, known: Collection[Case]) -> list[EpochKey]:
    """Keys of epochs that are shut by no case. One that has not passed was never shut by the house, and stays."""
    now = house.clock.now_ms()
    ending = {(case.compartment, case.epoch) for case in known if case.what == "epoch"}
    return [
        key
        async for keys in house.reads.scan(EpochKey)
        for key in keys
        if key.state == KeyState.SHUT
        and (key.compartment, key.epoch) not in ending
        and key.epoch < epoch_at(now, daily=is_daily(house, key.compartment))
    ]


async def _run_of(house: House, cases: Sequence[Case], keys: Sequence[EpochKey]) -> Extent | msgspec.UnsetType:
    """How much ends of all that came without a case, but for whole persons: no retention run ends those."""
    months = {(key.compartment, key.epoch) for key in keys}
    serials = {serial for case in cases if case.compartment for serial in case.serials}

    def ends(_row: Record, box: SealedBox) -> bool:
        return box.serial in serials or (box.compartment, box.epoch) in months

    return await extent_of(house, Ends(run=ends, due=ends, shut=months)) if months or serials else msgspec.UNSET


async def _destroy(house: House, case: Case, person: bytes, *, journal: Journal) -> None:
    serials, at = case.held[case.persons.index(person)], house.clock.now_ms()
    if serials:
        journal.append(serials, cause=case.what, at=at)
    await destroy_person(house, case, person, at=at)


def _again(house: House, rows: Sequence[Limbo], *, by: str) -> tuple[Case, list[_Waiting]]:
    """A case for what waits in limbo under an id that no case has, and what that is."""
    now, regulations = house.clock.now_ms(), house.live().policy.controller.regulations
    case = Case(
        id=rows[0].case_id, what="person", by=by, reason=RESTORE, entries=tuple(house.ids.new() for _ in rows),
        asked_at=now, salt=house.ids.random(16), step="shut",
        destroy_at=destroy_at(now, cause="request", regulations=regulations),
        persons=tuple(row.person for row in rows), scope=("everything held about the person",),
    )  # fmt: skip
    waiting = [_look(house, case, row) for row in rows]
    numbers = {number for one in waiting for number in one.serials}
    if numbers and WHOLE not in numbers:  # the limbo of a compartment holds that compartment's keys and no others
        name = house.live().names.name("compartment", min(numbers))
        case = msgspec.structs.replace(case, what="compartment", compartment=min(numbers), scope=(name or "",))
    held = tuple(tuple(sorted(serial for keys in one.serials.values() for serial in keys)) for one in waiting)
    serials = tuple(sorted(serial for one in held for serial in one))
    return msgspec.structs.replace(case, held=held, serials=serials), waiting


async def _stand_again(house: House, case: Case, waiting: Sequence[_Waiting]) -> None:
    """The case is there, and the persons' seals are as it says; of persons who had no key that was to end none is."""
    if not case.serials:
        gone = [Delete(Limbo.TABLE, (person, case.id)) for person in case.persons]
        await house.commits.commit(Change("identity", deletes=tuple(gone)))
        return
    drafts = [
        IntentEntry(
            what=case.what, case=case.id.hex(), by=case.by, reason=case.reason, ref=one.ref.hex(),
            compartment=case.compartment or None,
        ).draft(id=entry, lane=house.lane)
        for one, entry in zip(waiting, case.entries, strict=True)
    ]  # fmt: skip
    seals = await seals_of(house, case.persons)
    states = await states_of(house, case, seals, SEAL_OPEN if case.compartment else SEAL_ENDED)
    puts, expects = move(seals, states)
    if await step(house, case, was=None, puts=puts, expects=expects, entries=drafts) is not None:
        raise moved()


def _look(house: House, case: Case, row: Limbo) -> _Waiting:
    """What waits, by the sealed bytes and not by what the row says of them; the ring is in use for this look alone."""
    wrapped, _ = limbo_rows(house, case, row)
    house.keyring.forget(row.person)
    house.keyring.admit(row.person, row.generation, row.version, wrapped)
    try:
        return _Waiting(house.keyring.ref(row.person), house.keyring.every_serial(row.person))
    finally:
        house.keyring.forget(row.person)


async def _end_again(house: House, row: EpochKey, *, by: str, run: Extent | msgspec.UnsetType) -> None:
    """A case for an epoch that is shut by none."""
    now, live = house.clock.now_ms(), house.live()
    open_epoch_key(house, row)
    entry = house.ids.new()
    case = Case(
        id=house.ids.new(), what="epoch", by=by, reason=RESTORE, entries=(entry,), asked_at=now,
        destroy_at=destroy_at(now, cause="policy", regulations=live.policy.controller.regulations),
        salt=house.ids.random(16), step="shut", compartment=row.compartment, epoch=row.epoch, serials=(row.serial,),
        scope=(scope_of(house, row.compartment), f"epoch {row.epoch}"), run=run,
    )  # fmt: skip
    said = IntentEntry(
        what="epoch", case=case.id.hex(), by=by, reason=case.reason, compartment=row.compartment, epoch=row.epoch
    )
    await advance(house, case, entries=[said.draft(id=entry, lane=house.lane)], was=None)


async def shut_again(house: House, case: Case) -> Case:
    """An open case of newer records over an older identity store: what it had shut is shut again.

    Raises:
        Unavailable: a step could not finish; call again.
    """
    if case.step not in {"shut", "destroying"}:
        return case
    if case.what == "epoch" and not await house.reads.get(EpochKey, [(case.compartment, case.epoch)]):
        return case  # its key was made after the identity store was copied: there is nothing to shut
    begun = msgspec.structs.replace(case, step="begun", serials=(), held=())
    await advance(house, begun, was=case)
    return await (shut_epoch(house, begun) if case.what == "epoch" else shut(house, begun))


async def end_some(house: House, case: Case, gone: Collection[bytes]) -> bool:
    """Of a case of several persons those end whose keys are destroyed elsewhere; the others wait on, and it stands.

    False, with nothing done, if it has none whose keys all live: then all of it is to end.
    """
    held = {person: set(serials) for person, serials in zip(case.persons, case.held, strict=True)}
    if not any(serials and serials.isdisjoint(gone) for serials in held.values()):
        return False
    for person, serials in held.items():
        if not serials.isdisjoint(gone):
            await destroy_person(house, case, person, at=house.clock.now_ms())
    return True


async def sweep_again(house: House, *, journal: Journal, by: str) -> int:
    """Of how many persons rows came back whose keys had ended already; each has a case by which they are swept.

    As after any erasure: what ends of a compartment or of a month leaves its rows.

    Args:
        house: just restored, what is to end in it again ended.
        journal: of the restored house.
        by: who restores.

    Raises:
        Tampered: a tombstone is not as the house made it, or a key that has one is in use.
        Unavailable: a step could not finish; call again.
    """
    cases = [case for case in (await sound_cases(house, also_closed=True))[0] if case.what == "person"]
    # Of a request that waits for others some may have ended; it may be called off, and would never sweep them.
    swept = {person for case in cases if case.step in {"destroying", "destroyed", "done"} for person in case.persons}
    gone = {row.person async for rows in house.reads.scan(Tombstone) for row in rows if row.compartment == WHOLE}
    left = [one for one in sorted(gone - swept) if await house.reads.find(Record, ("person",), [(one,)], limit=1)]
    for at in range(0, len(left), CHUNK):
        keys = [(person,) for person in left[at : at + CHUNK]]
        stones = checked(await house.reads.find(Tombstone, ("person",), keys), house.integrity_key)
        case = await _destroyed_case(house, [one for one in stones if one.compartment == WHOLE], by=by)
        await carry_on(house, case, journal=journal)
    return len(left)


async def _destroyed_case(house: House, stones: Sequence[Tombstone], *, by: str) -> Case:
    """A case of keys that are destroyed, by their tombstones. Its entries name no ref: the keys of those are gone."""
    held: dict[bytes, list[bytes]] = defaultdict(list)
    for stone in stones:
        held[stone.person].append(stone.serial)
    persons = sorted(held)
    now = house.clock.now_ms()
    case = Case(
        id=house.ids.new(), what="person", by=by, reason=RESTORE, entries=tuple(house.ids.new() for _ in persons),
        asked_at=now, destroy_at=now, salt=house.ids.random(16), step="destroying", persons=tuple(persons),
        serials=tuple(sorted(stone.serial for stone in stones)),
        held=tuple(tuple(sorted(held[one])) for one in persons), scope=("everything held about the person",),
    )  # fmt: skip
    said = IntentEntry(what=case.what, case=case.id.hex(), by=by, reason=case.reason)
    drafts = [said.draft(id=entry, lane=house.lane) for entry in case.entries]
    puts, expects = move(await seals_of(house, persons), [SEAL_ENDED] * len(persons))
    if await step(house, case, was=None, puts=puts, expects=expects, entries=drafts) is not None:
        raise moved()
    return case


async def keep_bare(house: House, *, since: int) -> None:
    """Under older records, whoever was made since they were copied is no orphan, though nothing is stored for them now.

    Their seal is moved, as by anything that happens to a person.

    Args:
        house: just restored.
        since: ms.
    """
    async for rows in house.reads.scan(Person):
        young = [row.id for row in rows if row.created_at >= since]
        bare = await orphans_of(house, young) if young else []
        puts, expects = move(await seals_of(house, bare), [SEAL_OPEN] * len(bare))
        if bare:
            await house.commits.commit(Change("record", puts=tuple(puts), expects=tuple(expects)))


async def is_back(house: House, case: Case) -> bool:
    """Whether keys of a case that stands as shut are in use, or shut by another since: it was called off.

    So it is where the identity store is the newer of the two. Where it is the older, `shut_again`.
    """
    if case.what == "epoch" or case.step not in {"shut", "cancelling"}:
        return False
    waiting = await house.reads.get(Limbo, [(person, case.id) for person in case.persons])
    gone = [one for one in case.persons if (one, case.id) not in waiting]
    if await holding(house, case, gone):
        return True
    others = await house.reads.find(Limbo, ("person",), [(person,) for person in gone])
    theirs = [serials_in_limbo(house, msgspec.structs.replace(case, id=row.case_id), row) for row in others]
    return any(not set(case.serials).isdisjoint(serials) for serials in theirs)
