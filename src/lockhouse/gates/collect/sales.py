"""Which events make somebody a customer, and what of that is remembered; see `gates.customers`.

An address that comes with a sale is kept for what the sale opens at once: it was "obtained in the context of the sale".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockhouse.gates.customers import customer_for
from lockhouse.model.ids import DAY_MS
from lockhouse.model.scale import Assurance
from lockhouse.policy.life import add
from lockhouse.policy.live import map_consent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lockhouse.gates.collect.turns import Owners
    from lockhouse.gates.collect.work import Work
    from lockhouse.gates.house import PersonFacts

AGAIN_AFTER_MS: Final = 30 * DAY_MS
"""A further sale is remembered once the last one that is remembered is so old: not one row for each order."""


def makes_customer(work: Work) -> tuple[str, ...]:
    """The purposes for which an event makes its person a customer, if it is of one, and its sender is believed.

    One whose consent object cannot be read closes everything for itself: it makes nobody a customer either; nor does
    one that says no to a word that the policy does not know, which may be this purpose's. A device has no address that
    anybody could write to.
    """
    names: tuple[str, ...] = work.live.sales.get(work.event.name, ())
    if not names or work.batch.assurance < Assurance.SECRET or work.event.consent == {}:
        return ()
    if work.event.consent and _refuses_the_unknown(work, work.event.consent):
        return ()
    return names if any(one.is_person for one in work.found) else ()


def _refuses_the_unknown(work: Work, consent: Mapping[str, bool]) -> bool:
    _, unmapped = map_consent(work.live.policy, consent)
    return any(consent[word] is not True for word in unmapped)


def customer_at(work: Work, owners: Owners) -> frozenset[str]:
    """The purposes for which whoever an event belongs to is a customer, by what is remembered and by the event itself.

    It is decided before it is known whose record it will be, so each whom its identifiers may lead to must be one.
    """
    made = frozenset(makes_customer(work))
    known: list[PersonFacts] = work.facts
    if not any(one.sold_at for one in known):
        return made
    leading = set()
    for one in work.found:
        rows = owners.get((one.kind, one.generation, one.tag)) if one.is_person else None
        best = max(rows) if rows else None
        if best is not None and best[0] >= one.belief:
            leading.add(best[1])
    each = [
        customer_for(work.live, facts, now=work.batch.received_at)
        for person, facts in zip(work.facts_of, known, strict=True)
        if person in leading
    ]
    return made.union(frozenset.intersection(*each)) if each else made


def new_sales(work: Work, names: Collection[str], *, spoken: Collection[str]) -> Sequence[str]:
    """Those purposes for which the sale is to be remembered: not what its person has spoken of, or just did."""
    if work.reply is not None:
        return ()
    kept = {field for field, _ in work.reduced.identifiers}
    if not any(one.is_person and one.field in kept for one in work.found):
        return ()  # it is sealed for nobody's address
    at = min(work.event.occurred_at, work.batch.received_at)
    own: PersonFacts | None = work.own
    before: dict[str, int] = {} if own is None else own.sold_at
    keeps = {one.name: one.keep for one in work.live.policy.purposes}
    return [
        name
        for name in names
        if name not in spoken
        and (name not in before or at - before[name] >= AGAIN_AFTER_MS)
        and ((keep := keeps[name]).after == "last_activity" or add(at, keep) > work.batch.received_at)
    ]
