"""What all answers and questions of the API have in common; the OpenAPI document is read off their classes.

Ids are random and stand in hex, times are ms since 1970, numbers of a scale stand as its words. A value is whatever a
field of the policy holds, and stands only where the disclose gate opened or masked it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import msgspec

from lockhouse.errors import Invalid
from lockhouse.model.scale import Assurance, PersonState, Proof

AnswerT = TypeVar("AnswerT", bound="Answer")
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$", description="32 hexadecimal digits")]
At = Annotated[int, msgspec.Meta(description="ms since 1970, UTC")]
Limit = Annotated[int, msgspec.Meta(ge=1, le=200)]
Cursor = Annotated[str, msgspec.Meta(max_length=400, description="`next` of the page before; of no other question")]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Value = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, description="a person's value; never in a URL")]
ID_BYTES = 16
_SCALES: dict[str, Mapping[int, str]] = {
    "assurance": {int(one): one.name.lower() for one in Assurance},
    "proof": {int(one): one.name.lower() for one in Proof},
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is answered."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is asked: a word that nobody knows is an error, as a misspelt one would be a question not asked."""


class Nothing(Asked, frozen=True, kw_only=True):
    """A question without words."""


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
        return [plain(one) for one in value]
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
