"""One byte string for one value: length prefixes, canonical JSON, and the plaintext of a box.

Whatever is hashed, signed or sealed passes through here, so that two writers of the same value agree
on its bytes. Formats: docs/spec/box.md (plaintext, length prefixes), RFC 8785 (JSON).
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from lockhouse.errors import Invalid, Tampered

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = "bool | int | str | list[Value] | dict[str, Value] | None"
"""What a field of a record may hold. Fractions are kept as text; there are no floats anywhere."""

MAX_SAFE_INT = 2**53 - 1
"""The largest integer that a JSON reader with IEEE doubles keeps exactly (RFC 8785 §3.2.2.3, RFC 7493)."""
BLOCK = 16
"""Plaintexts are padded to multiples of this many bytes, so that a box's length tells little of its content."""

_U32 = struct.Struct(">I")
_U64 = struct.Struct(">IQ")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[int, object]).decode


def lp(*parts: bytes | str | int) -> bytes:
    """Join parts so that no two lists of parts share bytes: each is a u32 BE length and its bytes.

    Text is UTF-8; an integer is u64 BE (8 bytes). Plain concatenation would let ("ab", "c") pass for ("a", "bc").

    Raises:
        Invalid: an integer outside 0..2^64-1, or text that is not UTF-8.
    """
    try:
        return b"".join([_prefixed(part) for part in parts])
    except (struct.error, UnicodeEncodeError) as err:
        raise Invalid("lp", "bytes, UTF-8 text or an integer of 64 bits") from err


def _prefixed(part: bytes | str | int) -> bytes:
    if isinstance(part, int):
        return _U64.pack(8, part)
    raw = part.encode() if isinstance(part, str) else part
    return _U32.pack(len(raw)) + raw


def canonical_json(value: object) -> bytes:
    """The one JSON text of a value (RFC 8785), UTF-8.

    Takes null, booleans, integers below 2^53 in size, text, lists and objects with text keys.

    Raises:
        Invalid: a float, a larger integer, a lone surrogate, another type, or nesting too deep.
    """
    try:
        ordered = value if _is_plain(value) else _in_utf16_order(value)
        text = json.dumps(ordered, sort_keys=ordered is value, separators=(",", ":"), ensure_ascii=False)
        return text.encode()
    except (UnicodeEncodeError, RecursionError) as err:
        raise Invalid("canonical json", "text in UTF-8 of sane depth", got="something else") from err


def _is_plain(value: object) -> bool:
    """Whether all keys are ASCII (then code point order is UTF-16 order); refuses what has no canonical form."""
    if value is None or isinstance(value, bool | str):
        return True
    if isinstance(value, int):
        if -MAX_SAFE_INT <= value <= MAX_SAFE_INT:
            return True
        raise Invalid("canonical json", "integers below 2^53", got="a larger one")
    if isinstance(value, list):
        return all([_is_plain(item) for item in value])  # noqa: C419  (a list visits, and so checks, every item)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise Invalid("canonical json", "text keys", got="another type")
        inner = [_is_plain(item) for item in value.values()]
        return all(inner) and all(key.isascii() for key in value)
    raise Invalid("canonical json", "null, boolean, integer, text, list or object", got=type(value).__name__)


def _in_utf16_order(value: object) -> object:
    if isinstance(value, list):
        return [_in_utf16_order(item) for item in value]
    if isinstance(value, dict):
        return {key: _in_utf16_order(value[key]) for key in sorted(value, key=_utf16)}
    return value


def _utf16(key: str) -> bytes:
    # RFC 8785 §3.2.3 sorts by UTF-16 code units, not code points: they differ above the BMP.
    return key.encode("utf-16-be", "surrogatepass")


def pack_fields(values: Mapping[int, Value], *, floor: int = BLOCK) -> bytes:
    """The plaintext of a box: msgpack map of field id to value, padded (ISO/IEC 7816-4) to 16 bytes.

    Deterministic: keys ascending, integers in their shortest form, no floats, no extension types. Text is
    expected in NFC; this does not change it.

    Args:
        values: field id (small non-negative integer) -> value.
        floor: least length of the result in bytes; 256 for special categories.

    Raises:
        Invalid: a key or value of another type, an integer beyond 64 bits, or text that is not UTF-8.
    """
    packed = _packed(values)
    least = max(len(packed) + 1, floor)
    return (packed + b"\x80").ljust(least + -least % BLOCK, b"\x00")


def _packed(values: Mapping[int, Value]) -> bytes:
    try:
        ordered: dict[int, object] = {}
        for key in sorted(values) if len(values) > 1 else values:
            value = values[key]
            kind = type(value)
            if type(key) is not int or key < 0:
                raise Invalid("pack", "small non-negative integers as field ids", got="something else")
            ordered[key] = value if kind is str or kind is int else _checked(value)
        return _encode(ordered)
    except (UnicodeEncodeError, OverflowError, RecursionError, TypeError) as err:
        raise Invalid("pack", "field ids and values of 64 bits in UTF-8", got="something else") from err


def _checked(value: object) -> object:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if isinstance(value, list):
        return [item if type(item) is str else _checked(item) for item in value]
    if isinstance(value, dict):
        ordered: dict[str, object] = {}
        for key in sorted(value):
            if type(key) is not str:
                raise Invalid("pack", "text keys inside values", got="another type")
            inner = value[key]
            kind = type(inner)
            ordered[key] = inner if kind is str or kind is int else _checked(inner)
        return ordered
    raise Invalid("pack", "null, boolean, integer, text, list or map", got=kind.__name__)


def unpack_fields(plain: bytes) -> dict[int, Value]:
    """What `pack_fields` packed, and nothing that it would have packed otherwise.

    Raises:
        Tampered: bad padding, duplicate or unsorted keys, longer integers than needed, floats, extension types.
    """
    packed = plain.rstrip(b"\x00")
    if not packed.endswith(b"\x80") or len(plain) % BLOCK:
        raise Tampered("box plaintext: expected padding to blocks of 16")
    packed = packed[:-1]
    try:
        values: dict[int, Value] = _decode(packed)  # type: ignore[assignment]  # checked by packing again
        # Packing again is the whole check: one value has one packing, so any other spelling differs.
        if _packed(values) == packed:
            return values
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Invalid, ValueError) as err:
        raise Tampered("box plaintext: expected a canonical map") from err
    raise Tampered("box plaintext: expected a canonical map")
