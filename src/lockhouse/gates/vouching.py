"""What an admin vouches for about an actor, stored with a MAC and noted in the ledger; `vouched` reads it back.

A process that ends between the two leaves a fact that stands untold: the daily round tells of it, or whoever writes
over it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Tampered
from lockhouse.gates.authority import checked, signed
from lockhouse.gates.told import attestation_draft, tell, untold
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Attestation

if TYPE_CHECKING:
    from lockhouse.gates.house import House


async def vouch(house: House, actor: str, fact: str, *, until: int, by: str) -> Attestation:
    """The fact stands until that time (ms), in every process; who vouched for it stands in the ledger.

    Raises:
        Invalid: the actor or the fact has not its form.
        Moved: another process changed it meanwhile; nothing is stored.
    """
    return await _stored(house, Attestation(actor, fact, until, by, house.clock.now_ms(), house.ids.new(), b""))


async def end_voucher(house: House, row: Attestation, *, by: str) -> Attestation:
    """The fact does not stand any more, and the ledger says who ended it.

    Raises:
        Moved: as `vouch`.
    """
    now = house.clock.now_ms()
    return await _stored(house, msgspec.structs.replace(row, until_at=now, by=by, at=now, entry=house.ids.new()))


async def _stored(house: House, row: Attestation) -> Attestation:
    whole, place = signed(row, house.integrity_key), (row.actor, row.fact)
    draft = attestation_draft(house, whole)  # before anything is stored: an actor that is a name is refused
    expects = (await _as_read(house, place),)
    change = Change("identity", puts=(Put(Attestation.TABLE, whole),), expects=expects)
    if isinstance(await house.commits.commit(change), Conflict):
        raise Moved("fact: expected it as it was read", hint="try again")
    await tell(house, [], [draft])
    return whole


async def _as_read(house: House, place: tuple[str, str]) -> Expect:
    """That the place is as it is now; what stands in it is told of, since what follows writes over it."""
    rows = await house.reads.get(Attestation, [place])
    for row in await untold(house, rows.values()):
        with suppress(Tampered):  # what somebody planted is nobody's word
            await tell(house, [], [attestation_draft(house, one) for one in checked([row], house.integrity_key)])
    values = {"mac": rows[place].mac} if rows else None
    return Expect(Attestation.TABLE, place, values, or_absent=False, because="fact-moved")
