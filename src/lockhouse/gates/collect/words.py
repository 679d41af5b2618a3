"""What an event says about consent, as far as it must be remembered.

A narrowing word counts from any assurance; it is stored when it would change something: it closes a purpose that is
open without a word, or takes back a grant. A widening word is stored only from `secret` or better. A word that is
already standing is not stored again. Whoever comes with a suppressed identifier has refused, like everyone who had it
when it was suppressed: what they do later under another identifier is closed too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.authority import signed
from lockhouse.gates.facts import SUPPRESSION
from lockhouse.model.rows import Consent
from lockhouse.model.scale import Assurance, ConsentState
from lockhouse.policy.live import map_consent

if TYPE_CHECKING:
    from lockhouse.gates.collect.work import Work
    from lockhouse.gates.house import House

GPC = "gpc"


def words_to_store(house: House, work: Work) -> list[Consent]:
    """The person's newly standing words, each naming the ledger entry that will make it."""
    rows = []
    names, channel = work.live.names, work.live.policy.channels[work.batch.channel].id
    for purpose, (granted, signal) in new_words(work).items():
        state = ConsentState.GRANTED if granted else ConsentState.DENIED
        row = Consent(
            work.person, names.number("purpose", purpose), work.batch.received_at, house.ids.new(), state, channel,
            signal, work.batch.assurance, None, house.ids.new(), b"",
        )  # fmt: skip
        rows.append(signed(row, house.integrity_key))
    return rows


def new_words(work: Work) -> dict[str, tuple[bool, str]]:
    """Purpose -> what the event says of it that is not standing yet, and by which signal."""
    event, purposes = work.event, work.live.policy.purposes
    if event.consent is None and not event.signals and not work.suppressed:
        return {}
    own = work.own_facts
    standing: dict[str, bool] = {} if own is None else own.consents
    words: dict[str, tuple[bool, str]] = {}
    if event.consent is not None:
        said, _ = map_consent(work.live.policy, event.consent)
        for purpose, granted in (said or {}).items():
            widens = work.batch.assurance >= Assurance.SECRET and purpose not in work.suppressed
            if not granted or widens:
                words[purpose] = (granted, "banner")
    if GPC in event.signals:
        for purpose in purposes:
            if purpose.sold_or_shared and purpose.refusable:
                words[purpose.name] = (False, GPC)
    asked_first = {one.name for one in purposes if set(one.basis.values()) <= {"consent"}}
    closed = {name for name in asked_first if name not in standing}
    words = {name: word for name, word in words.items() if word[0] or name not in closed}
    fresh = {name: word for name, word in words.items() if standing.get(name) is not word[0]}
    objected = frozenset() if own is None else own.objected
    for purpose in purposes:
        if purpose.refusable and purpose.name in work.suppressed - objected:
            fresh[purpose.name] = (False, SUPPRESSION)
    return fresh
