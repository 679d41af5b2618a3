"""Secrets of providers: sealed beside the credential that says they count, and opened to prove a delivery.

1. A credential of assurance above a public key's, with its MAC and its ledger entry, gives the right; the box gives
   the bytes. One without the other proves nothing: a box that is gone, was moved or changed answers Tampered.
2. Two live at most: the old one and the one that replaces it.
3. What lists show of one is a keyed fingerprint: a provider's secret may be all in its first characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.credentials import credential_hash
from lockhouse.crypto.staff import place
from lockhouse.errors import Tampered
from lockhouse.gates.authority import checked
from lockhouse.gates.credentials import MARK, lives
from lockhouse.model.rows import Credential, HookSecret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.secret import Secret

MOST_LIVE: Final = 2
_SHOWN_HEX = 7


class Sealed(NamedTuple):
    """A secret as it is stored: what names it, its box, and what is shown of it."""

    generation: int
    row: HookSecret
    shown: str


def sealed(house: House, secret: Secret, *, channel: int) -> Sealed:
    """A channel's new secret, sealed to its channel and to the place of its credential."""
    newest = max(house.credential_keys)
    hashed = credential_hash(house.staff_keys.secret_tag(secret, place=lp(channel)), key=house.credential_keys[newest])
    box = house.staff_keys.seal(secret, place=_place(newest, hashed, channel=channel))
    return Sealed(newest, HookSecret(newest, hashed, box), MARK + hashed.hex()[:_SHOWN_HEX])


async def living(house: House, channel: int) -> list[Credential]:
    """The living credentials of a channel whose deliveries are proven by a secret; write keys are none of them.

    A channel that had write keys before may have some yet. They have no box, and would be taken for a secret whose box
    was taken away.

    Raises:
        Tampered: one of the rows was not made by this house.
    """
    now = house.clock.now_ms()
    rows = await house.reads.find(Credential, ("channel",), [(channel,)])
    found = checked(rows, house.integrity_key)
    return [row for row in found if row.shown.startswith(MARK) and lives(row, now)]


async def opened(house: House, rows: Sequence[Credential]) -> list[Secret]:
    """The secrets of these credentials.

    Raises:
        Tampered: one has no box, or another's.
    """
    keys = [(row.generation, row.hash) for row in rows]
    boxes = await house.reads.get(HookSecret, keys)
    found = []
    for row in rows:
        box = boxes.get((row.generation, row.hash))
        if box is None:
            raise Tampered("hook_secret: expected a box beside its credential, got none")
        where = _place(row.generation, row.hash, channel=row.channel)
        found.append(house.staff_keys.open(box.box, place=where))
    return found


def _place(generation: int, hashed: bytes, *, channel: int) -> bytes:
    return place(HookSecret.TABLE, lp(generation, hashed, channel), "box")
