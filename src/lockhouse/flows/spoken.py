"""Spoken: what everybody said of consent, with whose it is as far as the asker may see that; each look noted.

Words are pseudonymous: a person's id and what they said. An identifier is told only where a record holds it sealed and
the disclose gate opens it for the purpose; of whoever came by a file of consents alone the house has a keyed hash, and
nobody can be told what it was made of.

Of source persons who are one any no stands against every yes of the others, whichever is newer, while a reader
elsewhere goes by the newest: such a yes is left out, and one of the moment of a no of their own, of which nobody can
say which is the newer. Whom the brake holds apart refuses for them as well
(`gates.disclose.group`), so that their noes stand here too.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from lockhouse.gates.authority import checked
from lockhouse.gates.disclose import disclose
from lockhouse.gates.disclose.group import circles_of
from lockhouse.gates.facts import SUPPRESSION, in_turn, standing
from lockhouse.gates.heard import note_of
from lockhouse.gates.read_shut import require_readable
from lockhouse.model.rows import Consent
from lockhouse.model.scale import ConsentState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lockhouse.gates.disclose import View
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """One person's word on one purpose.

    Attributes:
        identifiers: field -> value, of those that the asker sees; `masked` of those seen masked.
        at: ms; 0 for a yes of which nobody knows when it was said.
        source: one word: where a file says it was said, else by what signal.
        notice: version of the text they saw.
    """

    person: bytes
    identifiers: dict[str, str]
    masked: dict[str, str]
    purpose: str
    granted: bool
    at: int
    channel: str
    source: str
    notice: str | None


class Told(msgspec.Struct, kw_only=True):
    """What is counted on the way: persons, those of whom no identifier is held, those whom the asker may not see."""

    persons: int = 0
    by_hash: int = 0
    unseen: int = 0


def identifying_of(house: House) -> tuple[str, ...]:
    """Fields of the live policy that identify somebody."""
    return tuple(name for name, one in house.live().policy.fields.items() if one.identifies is not None)


async def spoken(house: House, ask: Ask, told: Told) -> AsyncIterator[list[Spoken]]:
    """All words that count, person by person, oldest first; of whoever may not be seen none.

    Args:
        ask: who asks, for which purpose, masked or in full; of all fields only those that identify are looked at.
        told: is counted in.

    Raises:
        Tampered: a row was not made by this house.
        Unavailable: the house is shut for reading, or as of the disclose gate.
    """
    require_readable(house)
    identifying = identifying_of(house)
    seen = set[bytes]()
    async for view in disclose(house, msgspec.structs.replace(ask, fields=identifying), _speakers(house)):
        if view.person in seen:  # of several joined persons each has words, and each leads here
            continue
        seen.add(view.person)
        if view.refused:
            told.unseen += 1
            continue
        words = await _words(house, view, identifying)
        told.persons += 1
        told.by_hash += all(view.fields[name].at is None for name in identifying if name in view.fields)
        yield words


async def _speakers(house: House) -> AsyncIterator[bytes]:
    known = set[bytes]()
    async for rows in house.reads.scan(Consent):
        for row in rows:
            if row.person not in known:
                known.add(row.person)
                yield row.person


async def _words(house: House, view: View, identifying: tuple[str, ...]) -> list[Spoken]:
    names, shown = house.live().names, {name: view.fields[name] for name in identifying if name in view.fields}
    states = ("open", "masked")
    opened, masked = (
        {name: str(one.value) for name, one in shown.items() if one.state == state and one.value is not None}
        for state in states
    )
    return [
        Spoken(
            person=view.person, identifiers=opened, masked=masked,
            purpose=names.name("purpose", row.purpose) or f"#{row.purpose}",
            granted=row.state == ConsentState.GRANTED, at=row.at,
            channel=names.name("channel", row.channel) or "staff",
            source=note_of(row.notice) or row.signal,
            notice=None if row.signal == SUPPRESSION or note_of(row.notice) is not None else row.notice,
        )
        for row in sorted(await _rows(house, view), key=in_turn)
    ]  # fmt: skip


async def _rows(house: House, view: View) -> list[Consent]:
    """The words that count for persons who are one: no yes that another's no stands against, or one of its moment."""
    [circle] = await circles_of(house, [view.person])
    found = await house.reads.find(Consent, ("person",), [(one,) for one in {*view.persons, *circle.apart}])
    said: dict[bytes, list[Consent]] = defaultdict(list)
    for row in checked(found, house.integrity_key):
        if row.state < ConsentState.TAKEN_BACK:
            said[row.person].append(row)
    denied = {
        (one, house.live().names.number("purpose", purpose))
        for one, rows in said.items()
        for purpose, (granted, _) in standing(house, rows).items()
        if not granted
    }
    words = []
    for one, rows in said.items():
        others = {purpose for other, purpose in denied if other != one}
        noes = {(row.purpose, row.at) for row in rows if row.state == ConsentState.DENIED}
        for row in rows:
            if row.state == ConsentState.GRANTED:
                counts = one in view.persons and row.purpose not in others and (row.purpose, row.at) not in noes
            else:
                counts = one in view.persons or (one, row.purpose) in denied
            if counts:
                words.append(row)
    return words
