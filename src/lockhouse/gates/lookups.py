"""Look-ups that several persons may share: order numbers, the last four digits of a phone, a surname.

What has few possible values is truncated, so that an index says "one of several" and not "this one"; the gate that
reads filters after opening by what was sought (docs/spec/blind-index.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.blindindex import plan_bits, truncated
from lockhouse.gates.typed import canonical
from lockhouse.identity.normalise import NORM_VERSION, lookup
from lockhouse.model.rows import Lookup
from lockhouse.model.scale import Belief
from lockhouse.policy.reduce import find_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House, LivePolicy

GENERATION = 1
_PROVEN = int(Belief.PROVEN)
PLANNED_ROWS = 100_000
"""Rows that the truncation is planned for: 2 <= coincidences <= sqrt(rows) (docs/spec/blind-index.md)."""
ENTROPY_BITS = {"last4": 13.3, "surname": 13.0}
"""Bits of the ways to find that have few values: 10^4 endings; about 8,000 surnames cover most of a country."""
_BITS = {how: plan_bits(PLANNED_ROWS, bits) for how, bits in ENTROPY_BITS.items()}


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What a look-up searches for: a field whose values have this form.

    Attributes:
        how: `exact`, `last4` or `surname`.
        plain: the form that is hashed; a person's value, so it is held in memory only.
    """

    field: str
    how: str
    plain: str

    @property
    def is_shared(self) -> bool:
        """Whether its tag is truncated, so that it leads to others too."""
        return self.how in _BITS

    def is_in(self, value: Any) -> bool:
        """Whether an opened value of the field has this form."""
        return lookup(self.how, find_value(self.how, str(value))) == self.plain


class Pointed(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier by which persons are found: its field, and the form that is hashed; held in memory only."""

    field: str
    plain: str


def seek(live: LivePolicy, field: str, how: str, typed: str) -> Sought | None:
    """What somebody typed, as it is looked up: a whole value or, where parts are indexed, its part alike.

    None if nothing is left of it.

    Raises:
        Invalid: it could be the number of several countries.
    """
    whole = canonical(live, field, typed)
    if how == "exact":
        plain = None if whole is None else lookup(how, whole)
    else:
        plain = lookup(how, (whole and find_value(how, whole)) or typed)
    return None if plain is None else Sought(field=field, how=how, plain=plain)


def lookup_tag(house: House, live: LivePolicy, sought: Sought) -> tuple[int, int, bytes] | None:
    """Where it is looked up: (kind, generation, tag); None where the policy has no such way to find."""
    return _place(house, live, sought.field, sought.how, sought.plain)


def _place(house: House, live: LivePolicy, field: str, how: str, plain: str) -> tuple[int, int, bytes] | None:
    kind = live.policy.identifiers.get(f"{field}#{how}")
    if kind is None:
        return None
    tag = house.indexer.tag(kind, GENERATION, plain, norm=NORM_VERSION)
    bits = _BITS.get(how)
    return kind, GENERATION, tag if bits is None else truncated(tag, bits)


def lookup_rows(
    house: House, live: LivePolicy, person: bytes, found: Sequence[tuple[str, str, str]], *, belief: int
) -> list[Lookup]:
    """Rows for a record's look-ups: (field, how, what `find_value` made of the value) each.

    Args:
        house: whose keys index.
        live: the policy it was decided by.
        person: whose record it is.
        found: the look-ups.
        belief: how far the record is believed, as `Belief` counts.
    """
    rows = []
    for field, how, value in found:
        plain = lookup(how, value)
        place = None if plain is None else _place(house, live, field, how, plain)
        if place is not None:
            rows.append(Lookup(*place, _PROVEN - belief, person))
    return rows
