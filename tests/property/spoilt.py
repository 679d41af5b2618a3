"""Good documents spoilt as outside bytes are: cut off, flipped, doubled, nested, swollen, or other bytes altogether."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from collections.abc import Callable

DEEP = 20_000
CANARY = "canary-7f3a"
FRAGMENTS = [
    b"[" * DEEP, b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP, b"9" * 5_000, b"-1", b"1e999", b"NaN", b"null", b"true",
    b'"\\ud800"', b'"\xed\xa0\x80"', b"\xff\xfe", b"\x00", b"", b"{}", b"[]", b'""', b"0x10", b"1_000",
    b'{"a":1,"a":2}', b'"' + CANARY.encode() + b'"', b"18446744073709551616", b"'''", b'"""',
    b"2026-99-99", b"\xc2\x85", b"\xe2\x80\xa8",
]  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, good: bytes, fragments: list[bytes] | None = None) -> bytes:
    """The document with something in it replaced, put in, taken out, said twice or flipped; or any bytes at all."""
    if draw(st.integers(0, 7)) == 0:
        return draw(st.binary(max_size=60) | st.sampled_from([*FRAGMENTS, *(fragments or [])]))
    raw = good
    for _ in range(draw(st.integers(1, 3))):
        at, end = sorted((draw(st.integers(0, len(raw))), draw(st.integers(0, len(raw)))))
        how = draw(st.sampled_from(["cut", "flip", "put", "twice", "value", "value"]))
        if how == "cut":
            raw = raw[:at]
        elif how == "flip" and raw:
            at = min(at, len(raw) - 1)
            raw = raw[:at] + bytes([raw[at] ^ (1 << draw(st.integers(0, 7)))]) + raw[at + 1 :]
        elif how == "twice":
            raw = raw[:end] + raw[at:end] + raw[end:]
        else:
            odd = draw(st.sampled_from([*FRAGMENTS, *(fragments or [])]) | st.binary(max_size=8))
            if how == "value":
                at, end = draw(st.sampled_from(_values(raw)))
            raw = raw[:at] + odd + raw[end if how == "value" else at :]
    return raw


def _values(raw: bytes) -> list[tuple[int, int]]:
    """Where something stands between signs: whatever a value or a name is in JSON, TOML, YAML or lines."""
    places, begun = [], 0
    for at, sign in enumerate(raw):
        if sign in b'{}[]:,="\n ':
            places.append((begun, at))
            begun = at + 1
    return [*places, (begun, len(raw))]


def read_or_refused(parse: Callable[[bytes], object], raw: bytes) -> object:
    """What a parser makes of bytes, or the error by which it refuses them; nothing else may come of any.

    The error can be printed anywhere, and says nothing that only the bytes can have said.
    """
    try:
        return parse(raw)
    except LockhouseError as error:
        said = "\n".join([error.text, error.hint, *getattr(error, "problems", ())])
        assert CANARY not in said
        return error
