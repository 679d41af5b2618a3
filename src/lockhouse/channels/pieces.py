"""Cutting a JSON body into its pieces without believing any of them.

The quick way decodes a whole batch at once. It fails as a whole when a single item holds what JSON or UTF-8
forbids (`NaN`, half a surrogate pair, a stray byte, a thousand brackets), and one bad item must never fail its
batch. This is the slow way, taken only then: it looks at strings and brackets alone, finds where each item
begins and ends, and leaves it to the item's own decoder to say what is wrong with it.

Whoever sends decides how many brackets and commas there are, and it runs before the write key is known to be good. So
it counts its steps: whole strings, and everything inside a piece that is no bracket, are passed over in one.
"""

from __future__ import annotations

import re

_STRING = rb'"(?:[^"\\]++|\\.)*+"'


def _next(stops: bytes) -> re.Pattern[bytes]:
    """Finds the next run of square brackets, curly bracket or stop; nothing beyond a quote that is never closed.

    Possessive: linear, it never goes back. Curly brackets do not come in runs: no object begins with another.
    """
    plain = rb'[^"{}\[\]' + stops + rb"]++"
    return re.compile(rb"(?:" + plain + rb"|" + _STRING + rb")*+(\[++|\]++|[{}" + stops + rb"])", re.DOTALL)


_KEY = re.compile(_STRING, re.DOTALL)
_BETWEEN = _next(b",")
_INSIDE = _next(b"")
_CLOSES = {ord("}"): b"{", ord("]"): b"["}
MAX_STEPS = 100_000
"""Brackets and commas that are looked at in one text: twenty objects in each of 2,500 events; about 30 ms."""


class UnbalancedError(ValueError):
    """The brackets or quotes do not match, or are too many: no piece of it can be told from another."""


def members(raw: bytes) -> dict[bytes, bytes]:
    """The members of a JSON object as key -> raw value; of a key that stands twice, the last one counts.

    Keys are the bytes between the quotes, escapes left as they are: none of the words looked for has one.

    Raises:
        UnbalancedError: it is not one object, or has more brackets than anybody means.
    """
    found: dict[bytes, bytes] = {}
    for piece in _cut(raw, b"{"):
        key, colon, value = _halves(piece)
        if not colon:
            raise UnbalancedError
        found[key] = value
    return found


def elements(raw: bytes, *, most: int) -> list[bytes]:
    """The raw elements of a JSON array; of more than `most`, one more than those.

    Raises:
        UnbalancedError: it is not one array, or has more brackets than anybody means.
    """
    return _cut(raw, b"[", most=most)


def _halves(piece: bytes) -> tuple[bytes, bool, bytes]:
    piece = piece.lstrip()
    match = _KEY.match(piece)
    if match is None:
        return b"", False, b""
    rest = piece[match.end() :].lstrip()
    return match.group()[1:-1], rest.startswith(b":"), rest[1:].strip()


def _cut(raw: bytes, opening: bytes, *, most: int = MAX_STEPS) -> list[bytes]:
    """The comma-separated pieces between the outermost brackets; no more than `most` + 1."""
    raw = raw.strip()
    if not raw.startswith(opening):
        raise UnbalancedError
    open_now = bytearray()
    pieces: list[bytes] = []
    start, at = 1, 0
    for _ in range(MAX_STEPS):
        match = (_BETWEEN if len(open_now) == 1 else _INSIDE).match(raw, at)
        if match is None:
            break
        token, at = match[1], match.end()
        if token == b",":
            pieces.append(raw[start : at - 1].strip())
            start = at
            if len(pieces) > most:
                return pieces
        elif token[0] not in _CLOSES:
            open_now += token
        elif not open_now.endswith(_CLOSES[token[0]] * len(token)):
            break
        else:
            del open_now[-len(token) :]
        if not open_now:
            last = raw[start : at - 1].strip()
            if at != len(raw):
                break
            return [*pieces, last] if last or pieces else []
    raise UnbalancedError
