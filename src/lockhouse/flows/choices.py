"""Choices: what one person said of each purpose, by what it is known, and what follows; noted before it is read.

It is told of somebody who was just looked at, by the view of that look, so that whoever asks may see the person. What
people chose is not theirs to see by that alone: a permission (`consent.show`) decides, and the look at it has an entry
of its own, as everywhere (`flows.consent.look`).
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.gates.authority import checked
from lockhouse.gates.customers import SALE
from lockhouse.gates.disclose.decided import stands_of
from lockhouse.gates.disclose.said import note_words, require_other
from lockhouse.gates.facts import IMPORT, STAFF, SUPPRESSION, in_turn
from lockhouse.gates.heard import note_of
from lockhouse.gates.read_shut import require_readable
from lockhouse.gates.recorded import record
from lockhouse.gates.rings import admit_rings
from lockhouse.ledger.entry import Consent as ConsentEntry
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.rows import Consent, LedgerEntry
from lockhouse.model.scale import Assurance, ConsentState
from lockhouse.policy.live import bases_of, person_shut

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.disclose import View
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor, Facts
    from lockhouse.model.policy import Purpose

MOST: Final = 6
"""Words of a purpose that are told, the newest; of the others how many there are."""


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """One word, or that they bought something, which makes them a customer.

    Attributes:
        counts: whether a decision heeds it: no yes that came with a key which everybody can read.
        at: ms; 0 for a yes of which nobody knows when it was said.
        channel: by which it came; empty for one that staff recorded.
        note: where a file says that it was said. `notice`: version of the text that they saw. None where unknown.
        entry: of the ledger, that tells of it. `by`: whom that names, of one that staff recorded; empty otherwise.
    """

    granted: bool
    customer: bool
    counts: bool
    at: int
    channel: str
    signal: str
    assurance: int
    note: str | None
    notice: str | None
    entry: bytes
    by: str = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose and this person.

    Attributes:
        bases: that it rests on for them. `refusable`: whether any word of theirs can close it.
        denied: whether their standing word is a no.
        shut: the code of why nothing is used for it; empty while something is.
        words: the newest first, at most `MOST`; `older`: how many there are besides.
        recipients: who gets something for it while it is open.
    """

    purpose: str
    about: str
    bases: tuple[str, ...]
    refusable: bool
    denied: bool
    shut: str
    words: tuple[Word, ...] = ()
    older: int = 0
    recipients: tuple[str, ...] = ()


async def choices(
    house: House, view: View, *, actor: Actor, own: Collection[bytes] = ()
) -> tuple[bytes, list[Choice]]:  # fmt: skip
    """Every purpose of the policy with this person's words, and the entry that noted who looked, before they were read.

    Args:
        house: as it stands.
        view: of a look that was noted and not refused.
        actor: who reads.
        own: the source persons whom the actor is, as far as anybody said so.

    Raises:
        Refused: the view shows nothing of the person, and so neither does this; or it is the actor's own record.
        NotFound: nobody is there who lives.
        Tampered: a row was not made by this house.
        Unavailable: the house is shut for reading, or the ledger cannot be written.
    """
    require_readable(house)
    if view.refused:
        raise Refused("person: expected something that may be shown, got nothing", reasons=view.refused)
    await admit_rings(house, view.persons)
    await require_other(house, *view.persons, actor=actor, own=own)
    entry = await note_words(house, *view.persons, actor=actor)
    stands, words = await stands_of(house, view.person), await _words(house, view.persons)
    purposes = [one for one in house.live().policy.purposes if not one.builtin]
    found = [_choice(house, one, stands, words[one.id]) for one in purposes]
    return entry, await _with_names(house, found)


def _choice(house: House, one: Purpose, stands: Facts, words: Sequence[Word]) -> Choice:
    policy = house.live().policy
    shut = person_shut(policy, one.name, stands)
    return Choice(
        purpose=one.name, about=one.about, bases=bases_of(policy, one, stands), refusable=one.refusable,
        denied=is_denied(stands, one.name), shut=shut[0] if shut else "", words=tuple(words[:MOST]),
        older=len(words[MOST:]),
        recipients=tuple(sorted(each.name for each in policy.recipients.values() if one.name in each.purposes)),
    )  # fmt: skip


async def _with_names(house: House, found: Sequence[Choice]) -> list[Choice]:
    """The same, each word that staff recorded with who did, as its entry says."""
    entries = {(word.entry,) for one in found for word in one.words if word.signal == STAFF}
    rows = await house.reads.get(LedgerEntry, list(entries)) if entries else {}
    by = {key: _recorded_by(row) for (key,), row in rows.items()}
    replace = msgspec.structs.replace
    return [replace(one, words=tuple(replace(each, by=by.get(each.entry, "")) for each in one.words)) for one in found]


def _recorded_by(row: LedgerEntry) -> str:
    with suppress(Invalid):
        body = parse_entry(row.body).body
        return (body.by or "") if isinstance(body, ConsentEntry) else ""
    return ""


def is_denied(stands: Facts, purpose: str) -> bool:
    """Whether a standing word or a suppression closes it."""
    return stands.consents.get(purpose) is False or purpose in stands.objected | stands.suppressed


async def _words(house: House, persons: Collection[bytes]) -> dict[int, list[Word]]:
    """Purpose -> its words, the newest first, of source persons who are one."""
    names = house.live().names
    rows = checked(await house.reads.find(Consent, ("person",), [(one,) for one in persons]), house.integrity_key)
    found: dict[int, list[Word]] = defaultdict(list)
    for row in sorted(rows, key=in_turn, reverse=True):
        is_sale = row.state == ConsentState.CUSTOMER
        if row.state < ConsentState.TAKEN_BACK or is_sale:
            is_yes = row.state == ConsentState.GRANTED
            found[row.purpose].append(Word(
                granted=is_yes, customer=is_sale, counts=not (is_yes or is_sale) or row.assurance >= Assurance.SECRET,
                at=row.at, channel=names.name("channel", row.channel) or "", signal=row.signal,
                assurance=row.assurance, note=note_of(row.notice) or None,
                notice=None if row.signal in {IMPORT, SALE, SUPPRESSION} else row.notice, entry=row.entry,
            ))  # fmt: skip
    return found


async def refuse(
    house: House, view: View, purpose: str, *, actor: Actor, own: Collection[bytes] = ()
) -> bool:  # fmt: skip
    """The person has refused this purpose, as they said to staff; False if that stood already, and nothing is recorded.

    It is the word of each source person who is joined as one, so that it stands for each should they be parted.

    Args:
        house: as it stands.
        view: of a look that was noted and not refused.
        purpose: that a word of theirs closes.
        actor: who records it, whom the entry names.
        own: the source persons whom the actor is, as far as anybody said so.

    Raises:
        Refused: as of `choices`.
        NotFound: nobody is there who lives.
        Invalid: no word changes this purpose.
        Moved: the person's facts keep moving.
    """
    if view.refused:
        raise Refused("person: expected something that may be shown, got nothing", reasons=view.refused)
    await require_other(house, *view.persons, actor=actor, own=own, action="refusal")
    if is_denied(await stands_of(house, view.person), purpose):
        return False
    await record(house, view.person, purpose, granted=False, by=actor.id)
    for person in view.persons:
        if person != view.person:
            with suppress(NotFound):  # they ended meanwhile
                await record(house, person, purpose, granted=False, by=actor.id)
    return True
