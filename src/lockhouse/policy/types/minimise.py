"""Minimisers: what makes a value coarser before it is kept. What has been made coarse is not changed by it again."""

from __future__ import annotations

from collections.abc import Callable

from lockhouse.errors import Invalid
from lockhouse.policy.types import geo, redact
from lockhouse.policy.types.values import Parser

V4_PREFIX, V6_PREFIX = 24, 48  # what data protection authorities take as coarse: the last octet, the last 80 bits
_V6_GROUPS, _V6_KEPT = 8, 3


def network(value: str) -> str:
    """The network of a canonical address: /24 of IPv4, /48 of IPv6."""
    if ":" not in value:
        return f"{value[: value.rindex('.')]}.0/{V4_PREFIX}"
    head, gap, tail = value.partition("/")[0].partition("::")
    groups = head.split(":") if head else []
    if gap:
        behind = tail.split(":") if tail else []
        groups += ["0"] * (_V6_GROUPS - len(groups) - len(behind)) + behind
    groups = groups[:_V6_KEPT]
    while groups and groups[-1] == "0":
        groups.pop()
    return f"{':'.join(groups)}::/{V6_PREFIX}"


def year(value: str) -> str:
    """The year of a day, `YYYY`."""
    return value[:4]


def month(value: str) -> str:
    """The month of a day, `YYYY-MM`."""
    return value[:7]


_BUILT: dict[str, Callable[[str], str]] = {
    "month": month,
    "network": network,
    "redact_identifiers": redact.identifiers,
    "year": year,
}


def after(parse: Parser, minimiser: str, *, kind: str = "text", country: str | None = None) -> Parser:
    """A parser that coarsens what another has parsed.

    Args:
        parse: makes the canonical value.
        minimiser: the policy's word, with its number if it has one.
        kind: the field's type.
        country: ISO 3166-1 alpha-2, for postal codes without one.

    Raises:
        Invalid: this version has not built that minimiser.
    """
    word, _, number = minimiser.partition(" ")
    if word == "truncate":
        size = int(number)
        return lambda raw: parse(raw)[:size].rstrip()
    if word == "coarse_geo":
        if kind == "decimal":
            return lambda raw: geo.coarse_number(parse(raw))
        return lambda raw: geo.coarse(parse(raw), country=country)
    act = _BUILT.get(word)
    if act is None:
        raise Invalid("minimise", "a minimiser this version has built", got=f"'{word}'")
    return lambda raw: act(parse(raw))
