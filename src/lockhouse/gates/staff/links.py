"""One-time links: an account names the one that may be used, so a new one ends the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from lockhouse.errors import Unproven
from lockhouse.gates.staff.read import DISABLED, invite_of
from lockhouse.gates.staff.tokens import new_token, token_tag
from lockhouse.model.rows import Invite, Staff

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.deed import Deed

LINK_MS = 24 * 60 * 60_000
LinkKind = Literal[0, 1]
ENROL: LinkKind = 0
ANEW: LinkKind = 1
OPENS_NOTHING = bytes(32)
"""The tag of no link, in an account whose factors ended and whose link was taken away: nothing signs it in."""


class Link(NamedTuple):
    """A link as it is handed over, once: `token` stands nowhere else. `until_at`: ms."""

    staff: bytes
    token: str
    until_at: int


async def opened(house: House, tag: bytes) -> tuple[Invite, Staff]:
    """The link with this tag, which is open, and whose it is.

    Raises:
        Unproven: it is used, over, or none.
        Tampered: a row was not made, or not left, as this house made it.
    """
    both = await invite_of(house, tag)
    if both is None or house.clock.now_ms() >= both[0].until_at or both[1].state == DISABLED:
        raise Unproven("link: expected one that is open", hint="ask who invited you for another")
    return both


def open_link(house: House, deed: Deed, row: Staff, *, kind: LinkKind) -> tuple[Staff, Link]:
    """The account with a link for the next 24 hours, still to be put; the link's own row is in the deed."""
    token, until = new_token(house), house.clock.now_ms() + LINK_MS
    tag = token_tag(house, "link", token)
    deed.set(Invite(tag, row.id, kind, until, b""), was=None)
    return msgspec.structs.replace(row, link=tag), Link(row.id, token, until)
