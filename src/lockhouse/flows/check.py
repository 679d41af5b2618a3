"""Check: whether what a caller says is what is held, yes or no; nothing of it is shown.

    1 read      what was typed, as intake would keep it: a number is the same however it is written
    2 disclose  decided by the role's `check`, one of three tries taken, and noted; whatever the answer will be
    3 compare   keyed digests of both, in the same time for yes and no; where nothing is held it is a no

Held against it is the most believed value alone: any that ever came would let whoever sends with a public key say what
is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.disclose import View, disclose
from lockhouse.gates.typed import canonical
from lockhouse.identity.normalise import plain_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Field


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check says.

    Attributes:
        view: the person as of the look, with why nothing may be checked; without any value.
        matches: whether what was said is what is held; None if nothing may be checked.
    """

    view: View
    matches: bool | None


def checkable(house: House, field: str) -> Field:
    """The field as the live policy declares it.

    Raises:
        Invalid: it declares none, or one with a list of values.
    """
    declared = house.live().policy.fields.get(field)
    if declared is None or declared.type == "list":
        raise Invalid(
            "field", "one of the live policy with a single value", got="another", hint="lockhouse policy show --full"
        )
    return declared


def readable(house: House, field: str, typed: str) -> str:
    """What was typed, as it is compared; said before anything is looked up, so it says nothing of anybody.

    Raises:
        Invalid: as of `checkable`; or what was typed is no value of the field's type, or nothing but blanks.
    """
    declared = checkable(house, field)
    value = canonical(house.live(), field, typed)
    if value is None:
        raise Invalid(field, f"a value of the type {declared.type}", got="something else")
    said = _compared(declared.type, value)
    if not said:
        raise Invalid(field, "a value to compare", got="nothing but blanks")
    return said


async def check(house: House, ask: Ask, person: bytes, said: str) -> Checked:
    """Whether what a caller says of the one field asked for is what is held of the person; noted before it is answered.

    Args:
        house: as it stands.
        ask: with the action `check` and one field.
        person: an id of a source person.
        said: of `readable`.

    Raises:
        NotFound: there is no such person.
    """
    [field] = ask.fields or ()
    async for view in disclose(house, ask, _one(person)):
        shown = view.fields.get(field)
        is_open = not view.refused and (shown is None or shown.state == "open")
        held = "" if shown is None or shown.value is None else _held(house, field, shown.value)
        salt = house.ids.random(16)
        same = equal(_digest(house, salt, said), _digest(house, salt, held))
        bare = msgspec.structs.replace(view, fields={} if is_open else view.fields)
        return Checked(view=bare, matches=(same and held != "") if is_open else None)
    raise NotFound("person: expected an id that `person find` gave")


def _held(house: House, field: str, value: Any) -> str:
    return _compared(house.live().policy.fields[field].type, str(value))


def _compared(kind: str, value: str) -> str:
    """Text without what a caller cannot say: case, width and the number of spaces."""
    return plain_text(value) if kind == "text" else value


def _digest(house: House, salt: bytes, value: str) -> bytes:
    return house.row_macs.of("check/compared", lp(salt, value))


async def _one(person: bytes) -> AsyncIterator[bytes]:
    yield person
