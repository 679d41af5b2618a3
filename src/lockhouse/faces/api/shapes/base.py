"""What makes answers of the API: values of the house in the form that the document promises.

The shapes themselves stand in `lockhouse.client.shapes`, where whoever calls the API has them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from lockhouse.client.shapes.base import Answer, Asked, At, Cursor, Id, Label, Limit, Nothing, Value
from lockhouse.errors import Invalid
from lockhouse.model.scale import Assurance, PersonState, Proof

__all__ = [
    "Answer", "Asked", "At", "Cursor", "Id", "Label", "Limit", "Nothing", "Value", "answered", "assurance", "id_of",
    "plain", "states",
]  # fmt: skip
AnswerT = TypeVar("AnswerT", bound="Answer")
ID_BYTES = 16
_SCALES: dict[str, Mapping[int, str]] = {
    "assurance": {int(one): one.name.lower() for one in Assurance},
    "proof": {int(one): one.name.lower() for one in Proof},
}


def plain(value: Any) -> Any:
    """A value as JSON can say it: ids in hex, structs as objects, sets sorted, decimals as text, scales as words."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, msgspec.Struct):
        return {name: _spelt(name, getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(one) for one in value)
    if isinstance(value, list | tuple):
        named = getattr(value, "_fields", None)
        return {name: plain(getattr(value, name)) for name in named} if named else [plain(one) for one in value]
    return str(value) if isinstance(value, Decimal) else value


def _spelt(name: str, value: Any) -> Any:
    return _SCALES[name].get(value, value) if name in _SCALES and isinstance(value, int) else plain(value)


def answered(kind: type[AnswerT], /, **parts: Any) -> AnswerT:
    """An answer of its kind, with every part in the form that the document promises."""
    return msgspec.convert(plain(parts), kind)


def assurance(number: int) -> str:
    """`public`, `secret` or `signed`."""
    return _SCALES["assurance"][number]


def states(bits: int) -> list[str]:
    """What stands against a person's data, in words."""
    return [flag.name.lower() for flag in PersonState if flag and flag.name and bits & flag]


def id_of(text: str, *, where: str) -> bytes:
    """An id as people see it, as bytes.

    Raises:
        Invalid: it is none.
    """
    try:
        raw = bytes.fromhex(text) if len(text) == 2 * ID_BYTES and text.isascii() and text == text.lower() else b""
    except ValueError:
        raw = b""
    if len(raw) != ID_BYTES:
        raise Invalid(where, "an id of 32 hexadecimal digits, as an answer had it", got="something else")
    return raw
