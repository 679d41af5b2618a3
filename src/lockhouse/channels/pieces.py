"""Cutting a JSON body into its pieces without believing any of them.

The quick way decodes a whole batch at once. It fails as a whole when a single item holds what JSON or UTF-8
forbids (`NaN`, half a surrogate pair, a stray byte, a thousand brackets), and one bad item must never fail its
batch. This is the slow way, taken only then: it looks at strings and brackets alone, finds where each item
begins and ends, and leaves it to the item's own decoder to say what is wrong with it.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],"]', re.DOTALL)
"""A whole string, or a bracket, a comma, a quote that nothing closes. Possessive: linear, it never goes back."""
_OPENS = frozenset((b"{", b"["))
_CLOSES = {b"}": b"{", b"]": b"["}


class UnbalancedError(ValueError):
    """The brackets or quotes do not match: this is no JSON, and no piece of it can be told from another."""


def members(raw: bytes) -> dict[bytes, bytes]:
    """The members of a JSON object as key -> raw value; of a key that stands twice, the last one counts.

    Keys are the bytes between the quotes, escapes left as they are: none of the words looked for has one.

    Raises:
        UnbalancedError: it is not one object.
    """
    found: dict[bytes, bytes] = {}
    for piece in _cut(raw, b"{"):
        key, colon, value = _halves(piece)
        if not colon:
            raise UnbalancedError
        found[key] = value
    return found


def elements(raw: bytes) -> list[bytes]:
    """The raw elements of a JSON array.

    Raises:
        UnbalancedError: it is not one array.
    """
    return _cut(raw, b"[")


def _halves(piece: bytes) -> tuple[bytes, bool, bytes]:
    match = _TOKEN.match(piece.lstrip())
    if match is None or not match.group().startswith(b'"'):
        return b"", False, b""
    rest = piece.lstrip()[match.end() :].lstrip()
    return match.group()[1:-1], rest.startswith(b":"), rest[1:].strip()


def _cut(raw: bytes, opening: bytes) -> list[bytes]:
    """The comma-separated pieces between the outermost brackets."""
    raw = raw.strip()
    if not raw.startswith(opening):
        raise UnbalancedError
    open_now: list[bytes] = []
    pieces: list[bytes] = []
    start = 1
    for match in _TOKEN.finditer(raw):
        token = match.group()
        if token in _OPENS:
            open_now.append(token)
        elif token in _CLOSES:
            if not open_now or open_now.pop() != _CLOSES[token]:
                raise UnbalancedError
            if not open_now:
                if match.end() != len(raw):
                    raise UnbalancedError
                last = raw[start : match.start()].strip()
                return [*pieces, last] if last or pieces else []
        elif token == b"," and len(open_now) == 1:
            pieces.append(raw[start : match.start()].strip())
            start = match.end()
        elif token == b'"':
            raise UnbalancedError
    raise UnbalancedError
