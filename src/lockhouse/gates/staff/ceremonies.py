"""Ceremonies: what was asked of somebody, and is answered once, in a few minutes, by whoever holds its token.

The challenge that a passkey signs is made from the token and from what the ceremony is bound to; neither is in the row
in a form from which it could be made again. A sign-in has a row once it was answered, and none before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.signatures import equal
from lockhouse.crypto.staff import place
from lockhouse.errors import Conflict, Unproven
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.read import ceremony_of
from lockhouse.gates.staff.tokens import new_token, token_tag
from lockhouse.model.rows import Ceremony

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.crypto.canonical import Value
    from lockhouse.gates.house import House

SIGN_IN, ENROL, ENROL_PASSWORD, STEP_UP, PROVEN, ADD, ENROL_AWAY, LINK_AWAY = 1, 2, 3, 4, 5, 6, 7, 8
"""The last two: a browser is at the identity provider meanwhile."""
DEVICE, DEVICE_CODE = 9, 10
"""What a command line asks: by the secret that it keeps, and by the code that a person types."""
SHORT_MS = 5 * 60_000
LONG_MS = 15 * 60_000
"""For enrolling: somebody sets up an app, or looks for their key."""
NOTHING = bytes(32)
AGED = "aged"
"""Why a sign-in that was offered is not taken any more, where that is all."""


class What(NamedTuple):
    """What a ceremony is about: its kind, whose it is, in which session, and what it is bound to (32 bytes)."""

    kind: int
    staff: bytes = b""
    session: bytes = b""
    bound: bytes = NOTHING


async def begun(house: House, what: What, *, for_ms: int = SHORT_MS, kept: Mapping[int, Value] | None = None) -> str:
    """The token of a new ceremony, which is durable.

    Args:
        kept: what its end needs, sealed.
    """
    token = new_token(house)
    tag = token_tag(house, "ceremony", token)
    box = b"" if kept is None else house.staff_keys.seal_fields(kept, place=_place(tag))
    until = house.clock.now_ms() + for_ms
    deed = Deed(house)
    deed.set(Ceremony(tag, what.kind, what.staff, what.session, what.bound, box, until, b""), was=None)
    await deed.done()
    return token


def offered(house: House) -> str:
    """The token of a sign-in that anybody may answer: its end and a keyed tag stand in it, and nothing is stored.

    Whoever opens the page costs no write so; that it was answered is what `answered` stores.
    """
    said = f"{new_token(house)}.{house.clock.now_ms() + SHORT_MS}"
    return f"{said}.{_offer_tag(house, said)}"


def require_young(house: House, token: str) -> None:
    """Return unless this house offered this sign-in, and too long ago: nobody is wrong whose page just stood open.

    Raises:
        Unproven: it is too old; with the reason `AGED`.
    """
    said, _, tag = token.rpartition(".")
    until = said.rpartition(".")[2]
    if equal(tag.encode(), _offer_tag(house, said).encode()) and house.clock.now_ms() >= int(until):
        raise Unproven("ceremony: expected one that is open", reasons=(AGED,), hint="begin again")


async def answered(house: House, token: str) -> bytes:
    """What the offered sign-in is bound to; it has ended with this: whatever is answered, it is answered once.

    Raises:
        Unproven: this house offered none such, it is over, or it was answered before.
    """
    said, _, tag = token.rpartition(".")
    until = said.rpartition(".")[2]
    if not equal(tag.encode(), _offer_tag(house, said).encode()) or house.clock.now_ms() >= int(until):
        raise Unproven("ceremony: expected one that is open", hint="begin again")
    deed = Deed(house)
    deed.set(Ceremony(token_tag(house, "ceremony", token), SIGN_IN, b"", b"", NOTHING, b"", int(until), b""), was=None)
    try:
        await deed.done()
    except Conflict as err:
        raise Unproven("ceremony: expected one that is open", hint="begin again") from err
    return NOTHING


def _offer_tag(house: House, said: str) -> str:
    return house.staff_keys.tag("sign-in", said).hex()


async def found(house: House, token: str, kind: int) -> Ceremony:
    """A ceremony of this kind that has not ended.

    Raises:
        Unproven: there is none.
        Tampered: its row was not made, or not left, as this house made it.
    """
    row = await ceremony_of(house, token_tag(house, "ceremony", token))
    if row is None or row.kind != kind or house.clock.now_ms() >= row.until_at:
        raise Unproven("ceremony: expected one that is open", hint="begin again")
    return row


async def taken(house: House, token: str, kind: int) -> Ceremony:
    """The ceremony, which has ended with this: whatever is answered, it is answered once.

    Raises:
        Unproven: there is none, or somebody else just took it.
        Tampered: as `found`.
    """
    row = await found(house, token, kind)
    deed = Deed(house)
    deed.take(row)
    try:
        await deed.done()
    except Conflict as err:
        raise Unproven("ceremony: expected one that is open", hint="begin again") from err
    return row


def challenge(house: House, token: str, bound: bytes) -> bytes:
    """What a passkey signs in a ceremony."""
    return house.staff_keys.challenge(token.encode(), bound)


def kept_of(house: House, row: Ceremony) -> dict[int, Value]:
    """What the ceremony's end needs.

    Raises:
        Tampered: the box is not this row's own.
    """
    return house.staff_keys.open_fields(row.box, place=_place(row.tag))


def _place(tag: bytes) -> bytes:
    return place(Ceremony.TABLE, tag, "box")
