"""One's own factors, once enrolled: a passkey is added, or a factor ended, by whoever proved themselves for that deed.

The proof is used up in the Change of the deed. What is left never proves less than before (`access.people`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.access.people import against_factors
from lockhouse.access.sign_in import Means
from lockhouse.crypto import passkeys
from lockhouse.crypto.signatures import equal
from lockhouse.errors import NotFound, Unproven
from lockhouse.gates.staff.called import called
from lockhouse.gates.staff.ceremonies import ADD, What, begun, challenge, taken
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.factors import add, kinds, label_of, new_passkey, passkey_of
from lockhouse.gates.staff.read import account, proofs_of
from lockhouse.gates.staff.refusing import refuse
from lockhouse.gates.staff.steps import used_up
from lockhouse.gates.staff.told import FACTOR_ENDED

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.steps import Meant
    from lockhouse.model.rows import Factor, Session


class Own(NamedTuple):
    """A live factor of somebody's, as its owner sees it. `label`: what they call it; `used_at`: ms."""

    row: Factor
    label: str
    used_at: int


class Proven(NamedTuple):
    """What somebody proved that they mean, in which session, and the token of that proof."""

    session: Session
    meant: Meant
    token: str


async def own(house: House, staff: bytes) -> list[Own]:
    """The live factors of somebody, oldest first.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    held = await proofs_of(house, staff)
    return [Own(one.factor, label_of(house, one.factor), one.use.at) for one in held]


async def making(house: House, session: Session) -> tuple[str, str]:
    """What the member's browser asks an authenticator that has no passkey of theirs yet, and the ceremony's token."""
    whose = await account(house, session.staff)
    if whose is None:
        raise NotFound("staff: expected an account that is there", hint="sign in again")
    token = await begun(house, What(ADD, session.staff, session.tag))
    held = await proofs_of(house, session.staff)
    known = [passkey_of(house, one).id for one in held if one.factor.kind == Means.PASSKEY]
    asked = passkeys.making_options(
        house.proving.site, user=session.staff, login=called(house, whose).login,
        challenge=challenge(house, token, session.tag), known=known,
    )  # fmt: skip
    return asked, token


async def add_passkey(house: House, by: Proven, *, ceremony: str, answer: str, label: str) -> Factor:
    """The member has one passkey more.

    Raises:
        Unproven: the ceremony is over or another session's, the answer proves nothing, or the deed was not proven.
        Moved: the session ended meanwhile.
    """
    session = by.session
    row = await taken(house, ceremony, ADD)
    if not equal(row.session, session.tag):
        raise Unproven("passkey: expected the answer to what was asked here", hint="begin again")
    made = passkeys.made(house.proving.site, answer, challenge=challenge(house, ceremony, session.tag))
    deed = Deed(house)
    await used_up(house, deed, session, by.meant, proof=by.token)
    deed.hold(session)
    new = add(house, deed, session.staff, new_passkey(made, label=label), by=f"staff:{session.staff.hex()}")
    await deed.done()
    return new


async def end(house: House, by: Proven, factor: bytes) -> Factor:
    """The factor proves nothing any more.

    Raises:
        NotFound: the member has no such factor.
        Refused: what is left would prove less than before.
        Unproven: the deed was not proven.
        Moved: the factor, another one that is left, or the session moved meanwhile.
    """
    session = by.session
    held = [one.factor for one in await proofs_of(house, session.staff)]
    row = next((one for one in held if one.id == factor), None)
    if row is None:
        raise NotFound("factor: expected one of your own", hint="read the page again")
    left = [one for one in held if one.id != factor]
    refuse("factor", against_factors(kinds(held), kinds(left)))
    deed = Deed(house)
    await used_up(house, deed, session, by.meant, proof=by.token)
    deed.hold(session)
    for one in left:  # of two who each end the other's, one does
        deed.hold(one)
    now, author = house.clock.now_ms(), f"staff:{session.staff.hex()}"
    ended = msgspec.structs.replace(row, state=FACTOR_ENDED, by=author, at=now, entry=house.ids.new())
    whole = deed.put(ended, was=row)
    await deed.done()
    return whole
