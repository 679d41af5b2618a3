"""What somebody types, as intake would keep it: so that what is sought, suppressed or lifted is what was indexed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.errors import Invalid
from lockhouse.identity.normalise import normal
from lockhouse.policy.types import UnfitError, parser

if TYPE_CHECKING:
    from lockhouse.gates.house import LivePolicy


def canonical(live: LivePolicy, field: str, typed: str) -> str | None:
    """The value that intake keeps of what was typed, as text; None if it keeps none.

    Raises:
        Invalid: as of `kept`.
    """
    value = kept(live, field, typed)
    return None if value is None else str(value)


def kept(live: LivePolicy, field: str, typed: str) -> Any:
    """The value that intake keeps of what was typed, by the countries of the policy's channels; None if it keeps none.

    Raises:
        Invalid: channels of several countries make several numbers of it, and nobody can say which is meant.
    """
    declared, read = live.policy.fields[field], dict[str, Any]()
    for country in {one.country for one in live.policy.channels.values()} or {None}:
        try:
            value = parser(declared, country=country)(typed)
        except UnfitError:
            continue
        read[str(value)] = value
    if len(read) > 1:
        raise Invalid(field, "a number with its country code", got="one that is another in each channel's country")
    return next(iter(read.values()), None)


def pointing(live: LivePolicy, field: str, typed: str) -> str:
    """The same of a field that identifies, as its blind index and its suppression have it.

    Raises:
        Invalid: it has no usable form, or several.
    """
    value = canonical(live, field, typed)
    plain = None if value is None else normal(live.kind(field).type, value)
    if plain is None:
        raise Invalid(field, f"a usable {live.policy.fields[field].type}", got="a value that identifies nobody")
    return plain
