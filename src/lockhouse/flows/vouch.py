"""Vouch for a fact about an actor that nothing here can supply yet, so that no door waits for it for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.access.vouched import parts_of, word_of
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.vouched import every_voucher, vouched
from lockhouse.gates.vouching import end_voucher, vouch

if TYPE_CHECKING:
    from lockhouse.access.vouched import Kind
    from lockhouse.gates.house import House
    from lockhouse.model.rows import Attestation


async def record(house: House, actor: str, fact: tuple[Kind, str], *, until: int, by: str) -> Attestation:
    """The fact stands until that time, in every process; who vouched for it stands in the ledger.

    Args:
        house: as it stands.
        actor: about whom: `os-user:1000`, `staff:…`.
        fact: its kind and value.
        until: ms; later than now.
        by: the actor who says so.

    Raises:
        Invalid: the value has not the form of its kind, the time has passed, or the actor has not its form.
        Moved: another process changed it meanwhile.
    """
    if until <= house.clock.now_ms():
        raise Invalid("--until", "a moment to come", got="one that has passed")
    return await vouch(house, actor, word_of(*fact), until=until, by=by)


async def end(house: House, actor: str, fact: tuple[Kind, str], *, by: str) -> Attestation:
    """The fact does not stand any more, from now on and in every process.

    Raises:
        NotFound: it does not stand.
        Invalid: the value has not the form of its kind.
    """
    word, now = word_of(*fact), house.clock.now_ms()
    for row in await vouched(house, actor):
        if row.fact == word and row.until_at is not None and row.until_at > now:
            return await end_voucher(house, row, by=by)
    raise NotFound("fact: expected one that stands, got none", hint="lockhouse grant recorded shows them")


async def recorded(house: House) -> list[Attestation]:
    """Every fact that was vouched for, courses left out, by actor.

    Raises:
        Tampered: a row was not made by this house.
    """
    return [row for row in await every_voucher(house) if parts_of(row.fact) is not None]
