"""What an admin vouched for about an actor, read back checked; `vouching` stores it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.authority import checked
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
