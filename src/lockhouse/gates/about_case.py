"""What is to be known of a request besides how far it has come."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.errors import Tampered, Unavailable
from lockhouse.gates.disclose.group import circles_of
from lockhouse.gates.holds import holds_of_persons
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model.rows import Record

if TYPE_CHECKING:
    from lockhouse.gates.cases import Case
    from lockhouse.gates.house import House

MOST_COUNTED = 1_000_000


class Beside(NamedTuple):
    """What is to be known of a request.

    Attributes:
        doubt: why the clock is not believed, and what to do then; None if it is.
        held_apart: persons who are not ended with it, since an identifier of theirs comes with too many.
        holds: legal holds that keep what it is of, for their claim alone.
    """

    doubt: str | None
    held_apart: list[str]
    holds: list[str]


async def beside(house: House, case: Case) -> Beside:
    """See `Beside`, of one case."""
    circles = await circles_of(house, case.persons)
    apart = sorted({one.hex() for circle in circles for one in circle.apart})
    return Beside(doubt=await _doubt(house), held_apart=apart, holds=await _held(house, case))


async def _held(house: House, case: Case) -> list[str]:
    """Legal holds of the case's persons; where one was edited nobody can say whose, and no erasure waits for that."""
    with suppress(Tampered):
        holds = await holds_of_persons(house)
        return sorted({row.id.hex() for person in case.persons for row, _ in holds.get(person, [])})
    return []


async def _doubt(house: House) -> str | None:
    try:
        await trusted_now(house)
    except Unavailable as wrong:
        return f"{wrong.text}; {wrong.hint}"
    return None


async def records_of(house: House, case: Case) -> int:
    """How many records the case is about."""
    number = 0
    for person in case.persons:
        number += len(await house.reads.find(Record, ("person",), [(person,)], limit=MOST_COUNTED))
    return number
