"""What an event says about consent, as far as it must be remembered.

A narrowing word counts from any assurance; it is stored when it would change something: it closes a purpose that is
open without a word, or takes back a grant. A widening word is stored only from `secret` or better. A word that is
already standing is not stored again. Whoever comes with a suppressed identifier has refused, like everyone who had it
when it was suppressed: what they do later under another identifier is closed too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.gates.authority import signed
from lockhouse.gates.facts import SUPPRESSION
from lockhouse.model.rows import Consent
from lockhouse.model.scale import Assurance, ConsentState
from lockhouse.policy.live import map_consent

if TYPE_CHECKING:
    from lockhouse.gates.collect.work import Work
    from lockhouse.gates.house import House, PersonFacts

GPC = "gpc"


class Said(NamedTuple):
    """A word on one purpose, and what it comes from. `notice`: of a suppression's word, which one."""

    purpose: str
    granted: bool
    signal: str
    notice: str | None = None


def words_to_store(house: House, work: Work) -> list[Consent]:
    """The person's newly standing words, each naming the ledger entry that will make it."""
    rows = []
    names, channel = work.live.names, work.live.policy.channels[work.batch.channel].id
    for said in new_words(work):
        state = ConsentState.GRANTED if said.granted else ConsentState.DENIED
        row = Consent(
            work.person, names.number("purpose", said.purpose), work.batch.received_at, house.ids.new(), state, channel,
            said.signal, work.batch.assurance, said.notice, house.ids.new(), b"",
        )  # fmt: skip
        rows.append(signed(row, house.integrity_key))
    return rows


def new_words(work: Work) -> list[Said]:
    """What the event says that is not standing yet."""
    event, purposes = work.event, work.live.policy.purposes
    if event.consent is None and not event.signals and not work.suppressions:
        return []
    own: PersonFacts | None = work.own
    standing: dict[str, bool] = {} if own is None else own.consents
    closed = work.suppressed if own is None else work.suppressed | own.objected
    words: dict[str, Said] = {}
    if event.consent is not None:
        said, _ = map_consent(work.live.policy, event.consent)
        for purpose, granted in (said or {}).items():
            if not granted or (work.batch.assurance >= Assurance.SECRET and purpose not in closed):
                words[purpose] = Said(purpose, granted, "banner")
    if GPC in event.signals:
        for one in purposes:
            if one.sold_or_shared and one.refusable:
                words[one.name] = Said(one.name, granted=False, signal=GPC)
    asked_first = {one.name for one in purposes if set(one.basis.values()) <= {"consent"}}
    silent = {name for name in asked_first if name not in standing}
    fresh = [
        word
        for name, word in words.items()
        if standing.get(name) is not word.granted and (word.granted or name not in silent)
    ]
    return fresh + _of_suppressions(work)


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
