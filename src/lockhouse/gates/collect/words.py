"""What an event says about consent, as far as it must be remembered.

A narrowing word counts from any assurance, and from when it came in; it is stored when it would change something: it
closes a purpose that is open without a word, or takes back a grant; or would take one back that may yet come in: one
that was set aside, or an older one out of a file. Only a device's no, where consent is asked first everywhere, changes
nothing: files of consents name persons. A widening word is stored only from `secret` or better. It counts from when the
event happened, so that one that comes late grants nothing that was taken back meanwhile. A word that is already
standing is not stored again. Whoever comes with a suppressed identifier has refused, like everyone who had it when it
was suppressed: what they do later under another identifier is closed too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.gates.authority import signed
from lockhouse.gates.collect.sales import makes_customer, new_sales
from lockhouse.gates.collect.work import Said
from lockhouse.gates.customers import SALE
from lockhouse.gates.facts import SUPPRESSION, merge_facts
from lockhouse.gates.regions import MOVED, moved_to
from lockhouse.model.rows import Consent
from lockhouse.model.scale import Assurance, ConsentState
from lockhouse.policy.live import map_consent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.gates.collect.work import Work
    from lockhouse.gates.house import House, PersonFacts

GPC = "gpc"
_NO_WORDS = {SALE: ConsentState.CUSTOMER, MOVED: ConsentState.REGION}
"""What is remembered beside the words, by its signal."""


def words_to_store(house: House, work: Work) -> list[Consent]:
    """The person's newly standing words, each naming the ledger entry that will make it."""
    rows = []
    names, channel = work.live.names, work.live.policy.channels[work.batch.channel].id
    for said in work.said:
        purpose = names.number("purpose", said.purpose) if said.purpose else 0
        row = Consent(
            work.person, purpose, _said_at(work, said), house.ids.new(), _state(said), channel,
            said.signal, work.batch.assurance, said.notice, house.ids.new(), b"",
        )  # fmt: skip
        rows.append(signed(row, house.integrity_key))
    return rows


def _state(said: Said) -> ConsentState:
    if said.signal in _NO_WORDS:
        return _NO_WORDS[said.signal]
    return ConsentState.GRANTED if said.granted else ConsentState.DENIED


def _said_at(work: Work, said: Said) -> int:
    """From when a word counts, in ms: a sender dates no yes ahead, and no no at all."""
    now = work.batch.received_at
    return min(work.event.occurred_at, now) if said.granted else now


def heard(work: Work, facts: PersonFacts) -> PersonFacts:
    """A person's facts once this item's words and what they lacked of the ledger stand: what decides the next item."""
    if not (work.said or work.untold):
        return facts
    said = {word.purpose: word.granted for word in work.said if word.signal not in _NO_WORDS}
    bought = {word.purpose: _said_at(work, word) for word in work.said if word.signal == SALE}
    denied = {word.purpose: _said_at(work, word) for word in work.said if not word.granted}
    pointers = frozenset(word.notice for word in work.said if word.notice is not None and word.signal == SUPPRESSION)
    closed = (work.suppressions[pointer] for pointer in pointers)
    if work.region is not None:
        where = moved_to(facts, work.region, min(work.event.occurred_at, work.batch.received_at))
        facts = msgspec.structs.replace(facts, region=where.region, regions=where.regions, region_at=where.at)
    return msgspec.structs.replace(
        facts,
        seal=facts.seal + moves_seal(work),
        consents=facts.consents | said,
        denied_at={**facts.denied_at, **denied},
        objected=facts.objected.union(*closed),
        suppressions=facts.suppressions | pointers,
        sold_at=facts.sold_at | bought,
        untold=(),
    )


def moves_seal(work: Work) -> bool:
    """Whether a known person's seal moves with the item's record, so that no process decides by the word before."""
    return not work.is_new and bool(work.said or work.untold)


def new_words(work: Work) -> list[Said]:
    """What the event says that is not standing yet."""
    event, purposes = work.event, work.live.policy.purposes
    if not event.consent and not event.signals and not work.suppressions:
        # A consent object in which nothing can be read closes its own event and is nobody's word.
        return _sales(work, {}) + _moved(work)
    own: PersonFacts | None = work.own
    standing: dict[str, bool] = {} if own is None else own.consents
    closed = work.suppressed if own is None else work.suppressed | own.objected
    words: dict[str, Said] = {}
    if event.consent:
        said, _ = map_consent(work.live.policy, event.consent)
        for purpose, granted in (said or {}).items():
            if not granted or (work.batch.assurance >= Assurance.SECRET and purpose not in closed):
                words[purpose] = Said(purpose, granted, "banner")
    if GPC in event.signals:
        for one in purposes:
            if one.sold_or_shared and one.refusable:
                words[one.name] = Said(one.name, granted=False, signal=GPC)
    silent = _silent(work, standing)
    fresh = [
        word
        for name, word in words.items()
        if standing.get(name) is not word.granted and (_is_newer(work, word) if word.granted else name not in silent)
    ]
    return fresh + _of_suppressions(work) + _sales(work, words) + _moved(work)


def _silent(work: Work, standing: Mapping[str, bool]) -> set[str]:
    """Purposes of which a device's no says nothing new: nobody said yes, and without one they are closed everywhere.

    A person's no is kept: a yes from before it may yet come, in a file or late. Nor is there any of what was set aside:
    what came in before it may be decided after it.
    """
    if work.batch.late_at or _names_person(work):
        return set()
    asked_first = (one.name for one in work.live.policy.purposes if set(one.basis.values()) <= {"consent"})
    return {name for name in asked_first if name not in standing}


def _names_person(work: Work) -> bool:
    """Whether whose the item is goes by more than a device: by what is kept of it, or by all of it if nothing is."""
    kept = None if work.reply is not None else {field for field, _ in work.reduced.identifiers}
    return any(one.is_person for one in work.found if kept is None or one.field in kept)


def _moved(work: Work) -> list[Said]:
    """That the person is in another region than was known of them."""
    return [] if work.region is None else [Said("", granted=True, signal=MOVED, notice=work.region)]


def _sales(work: Work, words: Mapping[str, Said]) -> list[Said]:
    """That the person bought something, for the purposes of which they said nothing, before or with it.

    Nor did anybody refuse them whom an identifier beside it leads to, however little that is believed.
    """
    names = makes_customer(work)
    if not names:
        return []
    own: PersonFacts | None = work.own
    consents, objected, _ = merge_facts(work.facts) if work.facts else ({}, frozenset[str](), 0)
    refused = {purpose for purpose, granted in consents.items() if not granted}
    closed = {*work.suppressed, *objected, *refused, *(() if own is None else own.consents)}
    origin = work.batch.origin
    notice = None if origin is None else origin.batch.hex()
    return [
        Said(name, granted=True, signal=SALE, notice=notice)
        for name in new_sales(work, names, spoken={*words, *closed})
    ]


def _is_newer(work: Work, word: Said) -> bool:
    """Whether a yes comes after the no that stands; of the same moment the no counts."""
    own: PersonFacts | None = work.own
    return own is None or _said_at(work, word) > own.denied_at.get(word.purpose, -1)


def _of_suppressions(work: Work) -> list[Said]:
    """That the person came with a suppressed identifier. A key that anyone can read says so only of somebody new.

    Else whoever has one suppressed address could type it beside anybody's and close everything for them.
    """
    own: PersonFacts | None = work.own
    known = frozenset() if own is None else own.suppressions
    if work.batch.assurance < Assurance.SECRET and not work.is_new:
        return []
    refusable = [purpose.name for purpose in work.live.policy.purposes if purpose.refusable]
    return [
        Said(name, granted=False, signal=SUPPRESSION, notice=pointer)
        for pointer, closes in work.suppressions.items()
        if pointer not in known
        for name in refusable
        if name in closes
    ]
