"""Record and show what a person said; add, list and lift suppressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import NotFound
from lockhouse.gates.authority import checked
from lockhouse.gates.disclose.said import note_words, require_other
from lockhouse.gates.facts import in_turn
from lockhouse.gates.read_shut import require_readable
from lockhouse.gates.recorded import living, record
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.suppressing import holders_of, lift, suppress, suppression_place
from lockhouse.model.rows import Consent, Person, Suppression
from lockhouse.model.scale import ConsentState

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor

__all__ = (
    "Word", "lift", "living", "look", "record", "require_other_holder", "show", "suppress", "suppressions",
)  # fmt: skip


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person said, as it is shown; or that they bought something, which makes them a customer."""

    purpose: str
    granted: bool
    customer: bool
    at: int
    channel: str
    signal: str
    assurance: int


async def look(
    house: House, person: bytes, *, actor: Actor, own: Collection[bytes] = ()
) -> tuple[bytes, list[Word]]:  # fmt: skip
    """Everything the person said, and the entry that noted, before it was read, who looked.

    Args:
        own: the source persons whom the actor is, as far as anybody said so.

    Raises:
        Refused: it is the actor's own record; that is noted.
        NotFound, Tampered, Unavailable: as `show`; or the ledger cannot be written.
    """
    require_readable(house)
    if not await house.reads.get(Person, [(person,)]):
        raise _nobody()
    await admit_rings(house, {person})
    await require_other(house, person, actor=actor, own=own)
    entry = await note_words(house, person, actor=actor)
    return entry, await show(house, person)


def _nobody() -> NotFound:
    return NotFound("person: expected an id that `person find` gave", hint="lockhouse person find KIND looks one up")


async def show(house: House, person: bytes) -> list[Word]:
    """Everything the person said, and what made them a customer, oldest first, of one moment a no last.

    Raises:
        NotFound: no such person.
        Tampered: a row was not made by this house.
        Unavailable: the house is shut for reading.
    """
    require_readable(house)
    if not await house.reads.get(Person, [(person,)]):
        raise _nobody()
    names = house.live().names
    rows = checked(await house.reads.find(Consent, ("person",), [(person,)]), house.integrity_key)
    return [
        Word(
            purpose=names.name("purpose", row.purpose) or f"#{row.purpose}",
            granted=row.state == ConsentState.GRANTED,
            customer=row.state == ConsentState.CUSTOMER,
            at=row.at,
            channel=names.name("channel", row.channel) or "staff",
            signal=row.signal,
            assurance=row.assurance,
        )
        for row in sorted(rows, key=in_turn)
        if row.state < ConsentState.TAKEN_BACK or row.state == ConsentState.CUSTOMER
    ]  # fmt: skip


async def require_other_holder(
    house: House, field: str, value: str, *, actor: Actor, own: Collection[bytes]
) -> None:  # fmt: skip
    """Return only if nobody who has this identifier is the actor: nobody lifts what closes their own record.

    Args:
        own: the source persons whom the actor is, as far as anybody said so.

    Raises:
        Refused: it is the actor's own; that is noted.
        Invalid: the field identifies nobody, or the value has no usable form.
    """
    suppression_place(house, field, value)
    if own:
        await require_other(house, *await holders_of(house, field, value), actor=actor, own=own, action="lift")


async def suppressions(house: House) -> list[Suppression]:
    """Every suppression that stands; the identifiers behind them cannot be listed, only asked for.

    Raises:
        Tampered: a row was not made by this house.
    """
    rows: list[Suppression] = []
    async for chunk in house.reads.scan(Suppression):
        rows.extend(row for row in checked(chunk, house.integrity_key) if row.until_at is None)
    return sorted(rows, key=lambda row: row.since)
