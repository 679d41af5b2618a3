"""Undoing an ending that was only shut: everything is where it was, and nothing that came meanwhile is lost."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.ring import WrappedRing
from lockhouse.errors import Conflict as Moved
from lockhouse.gates.authority import checked, checked_bound, signed
from lockhouse.gates.cases import LAPSE, Case, advance, deadline, is_same, require_unmoved, sound_cases
from lockhouse.gates.ending.epoch import epoch_back, is_kept
from lockhouse.gates.ending.person import as_read, limbo_rows
from lockhouse.gates.ending.rejoin import rejoined
from lockhouse.gates.ending.seals import TRIES, advance_sealing
from lockhouse.gates.facts import SAID_BEFORE, SEAL_OPEN
from lockhouse.gates.told import tell_late, untold
from lockhouse.ledger.entry import Cancellation
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import Consent, ErasedMark, Identifier, KeyRing, Limbo, Link
from lockhouse.model.scale import ConsentState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House


async def cancel(house: House, case: Case, *, by: str = "") -> Case:
    """An ending that was only shut is undone: the keys and blind indexes are back where they were.

    An index that someone new got meanwhile stays theirs. Without the ending it would have led to one person, so the
    two are joined by a link instead; but whoever is known by something that is believed further (an account of their
    own) would have been somebody else all the same, and is joined no more than a typed identifier ever joins. An
    identifier that joins too many goes back to where it was and joins nobody (`ending.rejoin`).

    A compartment into which something was collected meanwhile has a newer key: it goes on sealing, beside the old one.

    Args:
        by: who calls it off; who began to, if that was interrupted.

    Raises:
        Moved: it is past its shutting, or not there yet, or the person's rows keep moving; or a later case is to end
            the same; or it is of a compartment and all of the person is ending or has ended since; or it is of a month
            that is kept no longer by the policy that rules, nor by one that waits.
    """
    if case.step not in {"shut", "cancelling"}:
        raise Moved("ending: expected a case that is shut and not destroyed", hint="only then can it be undone")
    if case.what == "epoch":
        return await _month_back(house, case, by=by)
    if case.compartment:
        await _require_room(house, case)
    await _require_last(house, case)
    if case.step == "shut":  # from here on nobody destroys it
        was, case = case, msgspec.structs.replace(case, step="cancelling", cancelled_by=by)
        await advance(house, case, was=was)
        await _require_last(house, case)  # none is begun beside it from here on, but one may have been just before
    links = [link for person in case.persons for link in await put_back(house, case, person)]
    await house.epochs.announce(key=True)
    undone = msgspec.structs.replace(case, step="cancelled", cancellation=house.ids.new())
    said = Cancellation(of=case.entries[0].hex(), what=case.what, case=case.id.hex(), by=case.cancelled_by)
    entry = said.draft(id=undone.cancellation, lane=house.lane)
    await advance_sealing(house, undone, was=case, state=SEAL_OPEN, entries=[entry])
    for link in links:  # with the seals open again; what is not told here is told by the daily round
        with suppress(Moved):
            await tell_late(house, [link], by=case.cancelled_by)
    return undone


async def _month_back(house: House, case: Case, *, by: str) -> Case:
    """A month is open again, for everybody in it, whose keep was shortened by mistake and is, or will be, put right."""
    live = house.live()
    policies = [live.policy, *([live.waiting.policy] if live.waiting is not None else [])]
    if case.step == "shut":
        if not any(is_kept(house, case, policy) for policy in policies):
            message = "ending: expected the case of a month that the policy still keeps, got one of a month it does not"
            raise Moved(message, hint="if its keep was shortened by mistake, lockhouse policy rollback VERSION first")
        was, case = case, msgspec.structs.replace(case, step="cancelling", cancelled_by=by)
        await advance(house, case, was=was)
    await epoch_back(house, case)
    undone = msgspec.structs.replace(case, step="cancelled", cancellation=house.ids.new())
    said = Cancellation(of=case.entries[0].hex(), what=case.what, case=case.id.hex(), by=case.cancelled_by)
    await advance(house, undone, was=case, entries=[said.draft(id=undone.cancellation, lane=house.lane)])
    await house.epochs.announce(key=True)  # behind the case: by it, and not by its row, a key is known to be in use
    return undone


async def _require_room(house: House, case: Case) -> None:
    """Every key of the compartment that still waits has a ring to go back to.

    Asked before the case is called off: a case that can be neither put back nor destroyed would stand for ever.
    """
    rings = await house.reads.get(KeyRing, [(person,) for person in case.persons])
    waiting = await house.reads.get(Limbo, [(person, case.id) for person in case.persons])
    if not {(person,) for person, _ in waiting} <= rings.keys():
        raise _ended_since()


async def _require_last(house: House, case: Case) -> None:
    """No later case is to end the same: its certificate would be for what this one puts back.

    Two lapses are of different keys, and neither says that there are no others.

    Where nothing waits there is nothing to put back, as in a house whose identity store is newer than its records.
    """
    if not await house.reads.get(Limbo, [(person, case.id) for person in case.persons]):
        return
    for other in (await sound_cases(house))[0]:
        if case.reason == other.reason == LAPSE:
            continue
        if other.id > case.id and is_same(other, compartment=case.compartment, persons=case.persons):
            message = "ending: expected no later request for the same, got one"
            raise Moved(message, hint=f"call that one off first: lockhouse request show {other.id.hex()}")


def _ended_since() -> Moved:
    hint = "all of the person is ending, or has ended, since"
    return Moved("ending: expected living persons", hint=hint)


async def put_back(house: House, case: Case, person: bytes) -> list[Link]:
    """One person's keys and blind indexes are out of limbo; the links that were made thereby, still to be told.

    Raises:
        Moved: the person's rows keep moving; or a compartment's person has ended.
    """
    for _ in range(TRIES):
        row = (await house.reads.get(Limbo, [(person, case.id)])).get((person, case.id))
        if row is None:  # an interrupted run came this far; a compartment comes back without links
            found = [] if case.compartment else await house.reads.find(Link, ("a",), [(person,)])
            links = checked(found, house.integrity_key)
            return await untold(house, [link for link in links if link.from_at >= case.asked_at])
        await require_unmoved(house, case)
        wrapped, indexes = limbo_rows(house, case, row)
        ring, guard = await _ring_again(house, case, row, wrapped)
        keys = [(one.kind, one.generation, one.tag, one.proof) for one in indexes]
        owned = await house.reads.get(Identifier, keys)
        taken = checked_bound(owned.values(), house.row_macs)
        free = [one for one, key in zip(indexes, keys, strict=True) if key not in owned]
        back, links = await rejoined(house, case, person, indexes, taken)
        noes = await _refused_meanwhile(house, case, person, indexes)
        puts = [Put(one.TABLE, one) for one in (ring, *free, *back, *links, *noes)]
        expects = [as_read(row), guard, *(_absent(one) for one in free), *(_still(one) for one in taken)]
        marks = [Delete(ErasedMark.TABLE, (one.kind, one.generation, one.tag, case.id)) for one in indexes]
        deletes = (Delete(Limbo.TABLE, (person, case.id)), *marks)
        change = Change(
            "identity", puts=tuple(puts), expects=tuple(expects), deletes=deletes, deadline=deadline(house)
        )  # fmt: skip
        if not isinstance(await house.commits.commit(change), Conflict):
            return links
    raise Moved("ending: expected the person's rows to hold still", hint="try again")


async def _ring_again(house: House, case: Case, row: Limbo, wrapped: bytes) -> tuple[KeyRing, Expect]:
    """The ring to store, and what must still be so when it is.

    It comes back as a newer version than went: whoever was stopped with the one before commits nothing by it.
    """
    person = row.person
    stored = (await house.reads.get(KeyRing, [(person,)])).get((person,))
    if stored is None and case.compartment:
        raise _ended_since()
    old = WrappedRing(person, row.generation, row.version, wrapped)
    if stored is None:
        back = house.keyring.rewrap(old)
        guard = Expect(KeyRing.TABLE, (person,), None, or_absent=False, because="ring-moved")
        return KeyRing(person, back.generation, back.version, back.blob), guard
    now = WrappedRing(person, stored.generation, stored.version, stored.wrapped)
    back = house.keyring.restore(now, old, [case.compartment])
    guard = Expect(KeyRing.TABLE, (person,), {"version": stored.version}, or_absent=False, because="ring-moved")
    return KeyRing(person, back.generation, back.version, back.blob), guard


async def _refused_meanwhile(
    house: House, case: Case, person: bytes, indexes: Sequence[Identifier]
) -> list[Consent]:  # fmt: skip
    """What was refused under the person's identifiers while they were shut, as words of their own.

    Without the ending it would have been theirs, however little its sender is believed; a yes would not. The ledger is
    told with their next event, or by the daily round.
    """
    places = [(one.kind, one.generation, one.tag) for one in indexes]
    rows = await house.reads.find(Identifier, ("kind", "generation", "tag"), places)
    others = sorted({one.person for one in checked_bound(rows, house.row_macs)} - {person})
    said = checked(
        await house.reads.find(Consent, ("person",), [(one,) for one in others]), house.integrity_key
    )  # fmt: skip
    # What a file or a provider brought meanwhile may have been said long before.
    noes = [
        one
        for one in said
        if one.state == ConsentState.DENIED and (one.at >= case.asked_at or one.signal in SAID_BEFORE)
    ]
    return [
        signed(
            msgspec.structs.replace(one, person=person, id=house.ids.new(), entry=house.ids.new()), house.integrity_key
        )
        for one in noes
    ]


def _still(one: Identifier) -> Expect:
    """An index that somebody else has: if they end meanwhile, it is free again."""
    key = (one.kind, one.generation, one.tag, one.proof)
    return Expect(Identifier.TABLE, key, {"person": one.person}, or_absent=False, because="index-moved")


def _absent(one: Identifier) -> Expect:
    key = (one.kind, one.generation, one.tag, one.proof)
    return Expect(Identifier.TABLE, key, None, or_absent=False, because="index-taken")
