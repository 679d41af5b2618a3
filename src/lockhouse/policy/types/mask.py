"""Masks: enough of a value to recognise, not enough to use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lockhouse.model.policy import Field

DOTS = "•••"
_LONG = 8


def mask(field: Field, value: Any) -> str:
    """The value as a role that sees it `masked` sees it; the field's `mask` word says how."""
    text = value if isinstance(value, str) else ""
    return _MASKS[field.mask](text) if text else DOTS


def _email(text: str) -> str:
    local, _, domain = text.partition("@")
    name, _, ending = domain.rpartition(".")
    return f"{local[:1]}{DOTS}@{name[:1]}{DOTS}.{ending}"


def _tail(text: str) -> str:
    """The last four characters, or two of a short value, or none of a very short one."""
    shown = 4 if len(text) >= _LONG else 2 if len(text) > 4 else 0  # noqa: PLR2004 - two of five still hide most
    return DOTS + (text[-shown:] if shown else "")


def _network(text: str) -> str:
    return text.partition(":")[0] + ":" + DOTS if ":" in text else ".".join([*text.split(".")[:2], DOTS])


_MASKS: dict[str, Callable[[str], str]] = {
    "email": _email,
    "first": lambda text: text[0] + DOTS,
    "hidden": lambda _: DOTS,
    "last4": _tail,
    "network": _network,
    "phone": _tail,
    "whole": str,
    "year": lambda text: text[:4],
}
