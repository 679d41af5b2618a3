"""What an admin vouches for about an actor: stored with a MAC, noted in the ledger, read back checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from lockhouse.access.vouched import told_of
from lockhouse.gates.authority import checked, digest, signed
from lockhouse.ledger.entry import Attestation as AttestationEntry
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import Attestation

if TYPE_CHECKING:
    from lockhouse.gates.house import House


async def vouched(house: House, actor: str) -> list[Attestation]:
    """Everything that was vouched for about one actor, whether it stands or has lapsed.

    Raises:
        Tampered: a row was not made by this house.
    """
    return checked(await house.reads.find(Attestation, ("actor",), [(actor,)]), house.integrity_key)


async def every_voucher(house: House) -> list[Attestation]:
    """The same about everybody, by actor and fact.

    Raises:
        Tampered: a row was not made by this house.
    """
    rows: list[Attestation] = []
    async for chunk in house.reads.scan(Attestation):
        rows.extend(checked(chunk, house.integrity_key))
    return sorted(rows, key=lambda row: (row.actor, row.fact))


async def vouch(house: House, actor: str, fact: str, *, until: int, by: str) -> Attestation:
    """The fact stands until that time (ms), in every process; who vouched for it stands in the ledger.

    Raises:
        Invalid: the actor or the fact has not its form.
    """
    row = Attestation(actor, fact, until, by, house.clock.now_ms(), house.ids.new(), b"")
    return await _stored(house, row, change="made")


async def end_voucher(house: House, row: Attestation, *, by: str) -> Attestation:
    """The fact does not stand any more, and the ledger says who ended it."""
    now = house.clock.now_ms()
    over = msgspec.structs.replace(row, until_at=now, by=by, at=now, entry=house.ids.new())
    return await _stored(house, over, change="ended")


async def _stored(house: House, row: Attestation, *, change: Literal["made", "ended"]) -> Attestation:
    whole = signed(row, house.integrity_key)
    said = AttestationEntry(
        change=change, subject=row.actor, fact=told_of(row.fact), by=row.by, row=digest(whole), until=row.until_at
    )
    draft = said.draft(id=row.entry, lane=house.lane)  # before anything is stored: an actor that is a name is refused
    await house.commits.commit(Change("identity", puts=(Put(Attestation.TABLE, whole),)))
    await house.commits.commit(Change("record", entries=(draft,)))
    return whole
