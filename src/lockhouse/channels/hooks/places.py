"""Where a part of a delivery stands: `header:NAME`, `element:NAME`, `body:PATH`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.channels.hooks.delivery import Delivery
    from lockhouse.model.signing import Signing

MAX_ID_CHARS: Final = 80
"""With what is put behind it for the events of one delivery, it stays a message id of at most 99."""
MAX_MEMBERS: Final = 16
MAX_HEADER_CHARS: Final = 4_096
_STAMP = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,9})?", re.ASCII)
_MS_FROM = 100_000_000_000
"""A larger number is milliseconds: as seconds it would lie in the year 5138."""


def members(signing: Signing, header: str) -> list[tuple[str, str]]:
    """The members of a signature's header; none of one that is too long or has too many."""
    if len(header) > MAX_HEADER_CHARS:
        return []
    pieces = [piece for piece in header.split(signing.separator) if piece.strip()]
    if len(pieces) > MAX_MEMBERS:
        return []
    halves = [piece.strip().partition(signing.assign) for piece in pieces]
    return [(name.strip(), text.strip()) for name, _, text in halves]


def at_place(place: str, delivery: Delivery, *, found: Sequence[tuple[str, str]], tree: Any) -> Any:
    """What stands at a place; None where nothing does, or where a header or element stands twice."""
    where, _, name = place.partition(":")
    if where == "header":
        return delivery.one(name)
    if where == "element":
        said = [text for known, text in found if known == name]
        return said[0] if len(said) == 1 else None
    return at_path(tree, name)


def at_path(tree: Any, path: str) -> Any:
    """What stands at a dotted path in a body; None where nothing does."""
    for key in path.split("."):
        if not isinstance(tree, dict):
            return None
        tree = tree.get(key)
    return tree


def text_of(value: Any, *, most: int) -> str | None:
    """A text or whole number as a text of at most so many characters; None of anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and 0 < len(value) <= most else None


def stamp_ms(text: str) -> int | None:
    """Unix seconds or milliseconds as ms; None of anything else (a sign, a blank, an exponent)."""
    if _STAMP.fullmatch(text) is None:
        return None
    number = int(text.partition(".")[0])
    return number if number >= _MS_FROM else number * 1000
