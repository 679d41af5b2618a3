"""A member's own factors: shown, added and ended by nobody but themselves, each change by a proof of its own.

The proof is of the step up (`flows.step_up`) for what `adding` and `ending` say, and goes with the change. Nobody ends
with less than they had (`access.people`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access import recovery
from lockhouse.access.people import against_factors
from lockhouse.access.sign_in import Means
from lockhouse.access.step_up import action_hash
from lockhouse.crypto import passkeys
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict, NotFound, Unproven
from lockhouse.gates.mail import notice_for
from lockhouse.gates.staff.called import called
from lockhouse.gates.staff.ceremonies import ADD, LONG_MS, What, begun, challenge, taken
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.factors import (
    add,
    ended,
    kinds,
    label_of,
    new_codes,
    new_passkey,
    of_kind,
    passkey_of,
    tags_of,
)
from lockhouse.gates.staff.factors import new_password as by_password
from lockhouse.gates.staff.passwords import chosen
from lockhouse.gates.staff.read import account, proofs_of, sessions_of
from lockhouse.gates.staff.refusing import refuse
from lockhouse.gates.staff.sessions import over
from lockhouse.gates.staff.steps import Meant, adding, used_up
from lockhouse.gates.staff.told import MEANS
from lockhouse.model.mails import FactorAdded, FactorEnded

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.read import Proof
    from lockhouse.model.rows import Factor, Session


class Shown(NamedTuple):
    """A live factor as its owner sees it.

    Attributes:
        label: what they call it. `used_at`: when it was last used (ms).
        synced: of a passkey: it may live on several devices. `left`: of recovery codes, how many still work.
    """

    factor: Factor
    label: str
    used_at: int
    synced: bool | None = None
    left: int | None = None


def ending(staff: bytes, factor: bytes) -> Meant:
    """What is meant by ending one of them."""
    return Meant("factor-end", action_hash("factor-end", persons=[staff], fields=[factor.hex()]))


async def list_of(house: House, staff: bytes) -> list[Shown]:
    """Somebody's live factors, oldest first.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    return [_shown(house, one) for one in await proofs_of(house, staff)]


def _shown(house: House, proof: Proof) -> Shown:
    row, use = proof
    synced = passkey_of(house, proof).is_synced if row.kind == Means.PASSKEY else None
    left = recovery.left(tags_of(house, row), used=use.counter) if row.kind == Means.RECOVERY else None
    return Shown(row, label_of(house, row), use.at, synced, left)


async def options(house: House, session: Session) -> tuple[str, str]:
    """What the member's browser asks a new passkey, as JSON text, and the ceremony's token.

    Raises:
        Unproven: the account is gone.
    """
    whose = await account(house, session.staff)
    if whose is None:
        raise Unproven("factor: expected an account that is there", hint="sign in again")
    token = await begun(house, What(ADD, session.staff, session.tag), for_ms=LONG_MS)
    held = [one for one in await proofs_of(house, session.staff) if one.factor.kind == Means.PASSKEY]
    asked = passkeys.making_options(
        house.proving.site, user=whose.id, login=called(house, whose).login, challenge=_challenge(house, token),
        known=[passkey_of(house, one).id for one in held],
    )  # fmt: skip
    return asked, token


async def add_passkey(house: House, session: Session, answer: tuple[str, str], *, name: str, proof: str) -> Factor:
    """The member has one more passkey.

    Args:
        answer: the ceremony's token, and what the browser answered.
        name: what they call it. proof: of a step up for `adding`.

    Raises:
        Unproven: the ceremony is over or another session's, the answer proves nothing, or there is no such proof.
        Conflict: the session ended, or the proof was used, meanwhile.
    """
    token, told = answer
    row = await taken(house, token, ADD)
    if not equal(row.session, session.tag):
        raise Unproven("factor: expected the answer to what was asked here", hint="begin again")
    made = passkeys.made(house.proving.site, told, challenge=_challenge(house, token))
    deed = Deed(house)
    await used_up(house, deed, session, adding(session.staff), proof=proof)
    deed.hold(session)
    factor = add(house, deed, session.staff, new_passkey(made, label=name), by=_own(session))
    await _told(house, deed, session, Means.PASSKEY)
    await _done(deed)
    return factor


async def codes_anew(house: House, session: Session, *, proof: str) -> tuple[str, ...]:
    """Ten new recovery codes, shown once; those before them work no more, and other sessions of the member are over.

    Raises:
        Unproven: there is no proof of a step up for `adding`.
        NotFound: the member has no app that they could stand in for.
        Conflict: as `add_passkey`.
    """
    held = await proofs_of(house, session.staff)
    if of_kind(held, Means.TOTP) is None:
        raise NotFound("recovery codes: expected an app that they stand in for, got none", hint="enrol another passkey")
    deed = Deed(house)
    await used_up(house, deed, session, adding(session.staff), proof=proof)
    deed.hold(session)
    before = of_kind(held, Means.RECOVERY)
    codes = recovery.new(house.ids.random)
    add(house, deed, session.staff, new_codes(house, [recovery.normal(one) or "" for one in codes]), by=_own(session))
    await _told(house, deed, session, Means.RECOVERY)
    await (_done(deed) if before is None else _over(house, deed, before.factor, session=session))
    return codes


async def new_password(house: House, session: Session, password: str, *, proof: str) -> None:
    """The member signs in by this password from now on, and every other session of theirs is over.

    Raises:
        Unproven: there is no proof of a step up for `adding`, or the account is gone.
        Invalid: the house does not take the password; the hint says why, and the proof is not used.
        NotFound: the member signs in by no password.
        Conflict: as `add_passkey`.
    """
    whose, held = await account(house, session.staff), await proofs_of(house, session.staff)
    before = of_kind(held, Means.PASSWORD)
    if whose is None or before is None:
        raise NotFound("password: expected one that is there, got none", hint="enrol another passkey")
    phc = await chosen(house, called(house, whose), password)
    deed = Deed(house)
    await used_up(house, deed, session, adding(session.staff), proof=proof)
    deed.hold(session)
    add(house, deed, session.staff, by_password(phc), by=_own(session))
    await _told(house, deed, session, Means.PASSWORD)
    await _over(house, deed, before.factor, session=session)


async def end(house: House, session: Session, factor: bytes, *, proof: str) -> None:
    """A factor of the member's own signs in no more, and every other session of theirs is over.

    Raises:
        NotFound: they have none with this id.
        Refused: they would be left with less than they had.
        Unproven: there is no proof of a step up for `ending`.
        Conflict: as `add_passkey`.
    """
    held = [one.factor for one in await proofs_of(house, session.staff)]
    row = next((one for one in held if one.id == factor), None)
    if row is None:
        raise NotFound("factor: expected the id of one that you have, got another", hint="look at your account")
    refuse("factor", against_factors(kinds(held), kinds(one for one in held if one is not row)))
    deed = Deed(house)
    await used_up(house, deed, session, ending(session.staff, factor), proof=proof)
    deed.hold(session)
    for other in held:
        if other is not row:
            deed.hold(other)
    await _told(house, deed, session, Means(row.kind), about=FactorEnded)
    await _over(house, deed, row, session=session)


async def _over(house: House, deed: Deed, row: Factor, *, session: Session) -> None:
    """The deed is done, the factor over with it, and every other session of the member: it may have begun by it."""
    ended(house, deed, row, by=_own(session))
    await _others_over(house, deed, session)
    await _done(deed)
    late = Deed(house)  # for one that began by the factor after they were read; none can any more
    if await _others_over(house, late, session):
        await late.done()


async def _others_over(house: House, deed: Deed, session: Session) -> int:
    others = [row for row in await sessions_of(house, session.staff) if not equal(row.tag, session.tag)]
    for row in others:
        over(house, deed, row, by=_own(session))
    return len(others)


async def _told(
    house: House, deed: Deed, session: Session, means: Means, *, about: type[FactorAdded | FactorEnded] = FactorAdded
) -> None:
    """Its owner is told of it with the deed: whoever took over a session is not the only one who knows."""
    whose = await account(house, session.staff)
    if whose is not None:
        deed.also(*notice_for(house, whose, about(means=MEANS[means], at=house.clock.now_ms())))


async def _done(deed: Deed) -> None:
    try:
        await deed.done()
    except Conflict as err:
        raise Conflict("factor: expected everything as it was read", hint="try again") from err


def _challenge(house: House, token: str) -> bytes:
    return challenge(house, token, bytes(32))


def _own(session: Session) -> str:
    return f"staff:{session.staff.hex()}"
