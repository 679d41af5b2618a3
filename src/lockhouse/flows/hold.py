"""Legal holds: placed, listed, read for the claim, and released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid, NotFound, Tampered
from lockhouse.gates import hold_ends, holds
from lockhouse.gates.authority import checked
from lockhouse.gates.held import read_held
from lockhouse.model.rows import Hold

if TYPE_CHECKING:
    from lockhouse.gates.held import Held
    from lockhouse.gates.holds import Terms
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor
    from lockhouse.model.ports import Journal


async def place(house: House, terms: Terms, *, by: str) -> Hold:
    """The hold stands, and the ledger says so.

    Raises:
        Invalid: it would be looked at again at a time that has passed, or its words are more than words.
        NotFound: nobody lives whom it is of, or nothing of it opens any more.
        Moved: the persons' keys keep moving.
    """
    _require_to_come(house, terms.review_at)
    return await holds.place(house, terms, by=by)


async def left_shut(house: House, row: Hold) -> int:
    """How many keys in a hold's scope are only shut, and therefore not kept: an ending of theirs can be called off.

    Raises:
        Tampered: the hold, or something in its scope, is not as this house made it.
    """
    return await holds.left_shut(house, row)


async def review(house: House, hold: bytes, *, until: int, by: str) -> Hold:
    """It was looked at, stands on, and is looked at again by then (ms).

    Raises:
        Invalid: that time has passed.
        NotFound: no such hold stands.
        Moved: another process changed it meanwhile.
    """
    _require_to_come(house, until)
    return await hold_ends.review(house, hold, until=until, by=by)


def _require_to_come(house: House, at: int) -> None:
    if at <= house.clock.now_ms():
        raise Invalid("review", "a day to come", got="one that has passed")


async def listed(house: House) -> list[Hold]:
    """Every hold, also the released ones, oldest first.

    Raises:
        Tampered: one is not as this house made it.
    """
    return await holds.every_hold(house)


async def find(house: House, hold: bytes) -> Hold:
    """One hold.

    Raises:
        NotFound: there is none.
        Tampered: it is not as this house made it.
    """
    for row in checked((await house.reads.get(Hold, [(hold,)])).values(), house.integrity_key):
        return row
    raise NotFound("hold: expected an id that hold list gave", hint="lockhouse hold list")


async def unreviewed(house: House, *, now: int) -> list[Hold]:
    """The holds that stand past their review; none where one was edited, which `ledger verify --state` names."""
    try:
        return await holds.unreviewed(house, now=now)
    except Tampered:
        return []


async def read(house: House, hold: bytes, person: bytes, *, actor: Actor, reason: str) -> Held:
    """What it keeps of a person, for the claim.

    Raises:
        NotFound: it does not stand, or keeps nothing of this person.
        Tampered: a row or box is not as this house made it.
        Unavailable: the look could not be noted.
    """
    return await read_held(house, hold, person, actor=actor, reason=reason)


async def release(house: House, hold: bytes, *, by: str, journal: Journal) -> Hold:
    """Its key is destroyed, and what has ended meanwhile is ended.

    Raises:
        NotFound: no such hold stands.
        Unavailable: the journal cannot be written, or something is in the way of the end; call again.
        Moved: others keep reviewing it.
    """
    return await hold_ends.release(house, hold, by=by, journal=journal)
