"""Who is a customer, so that a soft opt-in may carry what they did not refuse (ePrivacy Directive Art. 13(2)).

A sale, or what leads to one, makes its person a customer for each purpose that names its event: believed only with more
than a public key, and only of whoever has not spoken of the purpose. It is remembered like a word of theirs, with a MAC
and a ledger entry, and it is no word: any no of theirs stands over it, for ever, and it ends with the purpose's keep.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from lockhouse.gates.authority import checked
from lockhouse.gates.imports import DONE, OPEN
from lockhouse.model.rows import Import
from lockhouse.model.scale import Assurance, ConsentState
from lockhouse.policy.life import add

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockhouse.gates.house import House, LivePolicy, PersonFacts
    from lockhouse.model.rows import Consent

SALE: Final = "sale"
"""The signal of what is remembered of a sale."""


async def sold(house: House, rows: Collection[Consent]) -> dict[bytes, dict[str, int]]:
    """Person -> purpose -> when they last bought (ms), as far as it is remembered.

    What came with an import that was taken back, or is being so, made nobody a customer.

    Raises:
        Tampered: the row of an import was not made by this house.
    """
    found: dict[bytes, dict[str, int]] = defaultdict(dict)
    sales = [row for row in rows if row.state == ConsentState.CUSTOMER and row.assurance >= Assurance.SECRET]
    if not sales:
        return found
    standing = await _standing(house, {row.notice for row in sales if row.notice is not None})
    names = house.live().names
    for row in sales:
        name = names.name("purpose", row.purpose)
        if name is not None and (row.notice is None or row.notice in standing):
            found[row.person][name] = max(row.at, found[row.person].get(name, 0))
    return found


async def _standing(house: House, batches: Iterable[str]) -> set[str]:
    keys = [(bytes.fromhex(batch),) for batch in batches]
    if not keys:
        return set()
    rows = checked((await house.reads.get(Import, keys)).values(), house.integrity_key)
    return {row.id.hex() for row in rows if row.state in {OPEN, DONE}}


def customer_for(live: LivePolicy, facts: PersonFacts, *, now: int) -> frozenset[str]:
    """The purposes for which a source person is a customer now: those whose keep has not passed since they bought.

    It counts from the sale, or from the last activity where the keep does.
    """
    if not facts.sold_at:
        return frozenset()
    found = set()
    for purpose in live.policy.purposes:
        at = facts.sold_at.get(purpose.name)
        if at is not None and purpose.keep is not None:
            start = at if purpose.keep.after == "event" else max(at, facts.active_at)
            if now < add(start, purpose.keep):
                found.add(purpose.name)
    return frozenset(found)


def customer_of(live: LivePolicy, parts: Iterable[PersonFacts], *, now: int) -> frozenset[str]:
    """The same of source persons who are one, joined by links that are believed."""
    return frozenset().union(*(customer_for(live, one, now=now) for one in parts))
