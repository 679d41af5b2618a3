"""Look-ups that several persons may share: order numbers, the last four digits of a phone, a surname.

What has few possible values is truncated, so that an index says "one of several" and not "this one"; the gate that
reads filters after opening (docs/spec/blind-index.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.blindindex import plan_bits, truncated
from lockhouse.identity.normalise import NORM_VERSION, lookup
from lockhouse.model.rows import Lookup
from lockhouse.policy.reduce import find_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House, LivePolicy

GENERATION = 1
PLANNED_ROWS = 100_000
"""Rows that the truncation is planned for: 2 <= coincidences <= sqrt(rows) (docs/spec/blind-index.md)."""
ENTROPY_BITS = {"last4": 13.3, "surname": 13.0}
"""Bits of the ways to find that have few values: 10^4 endings; about 8,000 surnames cover most of a country."""
_BITS = {how: plan_bits(PLANNED_ROWS, bits) for how, bits in ENTROPY_BITS.items()}


def lookup_tag(house: House, live: LivePolicy, field: str, how: str, value: str) -> tuple[int, int, bytes] | None:
    """Where a value is looked up: (kind, generation, tag); None where the policy has no such way or it says nothing."""
    kind = live.policy.identifiers.get(f"{field}#{how}")
    plain = lookup(how, find_value(how, value))
    if kind is None or plain is None:
        return None
    tag = house.indexer.tag(kind, GENERATION, plain, norm=NORM_VERSION)
    bits = _BITS.get(how)
    return kind, GENERATION, tag if bits is None else truncated(tag, bits)


def lookup_rows(house: House, live: LivePolicy, person: bytes, found: Sequence[tuple[str, str, str]]) -> list[Lookup]:
    """Rows for a record's look-ups: (field, how, value) each."""
    rows = []
    for field, how, value in found:
        place = lookup_tag(house, live, field, how, value)
        if place is not None:
            rows.append(Lookup(*place, person))
    return rows
