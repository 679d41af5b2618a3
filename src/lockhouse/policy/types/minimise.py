"""Minimisers: what makes a value coarser before it is kept."""

from __future__ import annotations

import ipaddress
from typing import Any

from lockhouse.errors import Invalid
from lockhouse.policy.types import redact
from lockhouse.policy.types.values import Parser

V4_PREFIX, V6_PREFIX = 24, 48  # what data protection authorities take as coarse: the last octet, the last 80 bits


def network(value: str) -> str:
    """The network of an address: /24 of IPv4, /48 of IPv6."""
    if ":" not in value:
        return f"{value[: value.rindex('.')]}.0/{V4_PREFIX}"
    return str(ipaddress.ip_network((value, V6_PREFIX), strict=False))


def year(value: str) -> str:
    """The year of a day, `YYYY`."""
    return value[:4]


def month(value: str) -> str:
    """The month of a day, `YYYY-MM`."""
    return value[:7]


_BUILT: dict[str, Any] = {
    "month": month,
    "network": network,
    "redact_identifiers": redact.identifiers,
    "year": year,
}


def after(parse: Parser, minimiser: str) -> Parser:
    """A parser that coarsens what another has parsed.

    Raises:
        Invalid: this version has not built that minimiser.
    """
    word, _, number = minimiser.partition(" ")
    if word == "truncate":
        size = int(number)
        return lambda raw: parse(raw)[:size]
    act = _BUILT.get(word)
    if act is None:
        raise Invalid("minimise", "a minimiser this version has built", got=f"'{word}'")
    return lambda raw: act(parse(raw))
