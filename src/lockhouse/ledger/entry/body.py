"""What every kind of entry has in common: its forms, and how a body is built and read back."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import msgspec

from lockhouse.errors import Invalid
from lockhouse.model.change import Draft

Hex16 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\Z")]
Actor = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,31}(:[A-Za-z0-9_.-]{1,64})?\Z")]
"""`staff:3f…`, `service:7a…`, `local`: a kind and a random identifier, never a name or an address."""
Permission = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{1,40}\.(\*|[a-z][a-z_-]{0,39})\Z")]
"""`ledger.read`, or `ledger.*` for every one of its kind."""
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Change = Literal["made", "ended"]
Assurance = Literal[1, 2, 3]
Proof = Literal[1, 2, 3]

Read = TypeVar("Read", bound="Body")
_PLACE = re.compile(r"\$\.\w+")


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all kinds; a subclass is one kind."""

    KIND: ClassVar[str] = ""

    def body(self) -> dict[str, Any]:
        """The body to append: canonicalisable, checked against this class.

        Raises:
            Invalid: a field that does not have its form, such as an actor that is a name.
        """
        built: dict[str, Any] = msgspec.to_builtins(self)
        read(type(self), built)
        return built

    def draft(self, *, id: bytes, lane: str, urgent: bool = False) -> Draft:  # noqa: A002  # the column's name
        """The entry as a Change carries it."""
        return Draft(id, lane, self.KIND, self.body(), urgent)


def read(kind: type[Read], body: dict[str, Any]) -> Read:
    """A body as its class.

    Raises:
        Invalid: a field is missing, unknown or has another form.
    """
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as err:
        # Only the path is taken over from the library's text: the rest of it may hold the value.
        place = _PLACE.search(str(err))
        got = f"another form at {place[0]}" if place else "others"
        raise Invalid(f"ledger entry {kind.KIND}", "the fields of its kind", got=got) from None
