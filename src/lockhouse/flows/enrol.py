"""Enrolling: whoever holds a one-time link gives their account its first factors, and is signed in.

By a passkey in one ceremony, or by a password and an app's codes in two steps; recovery codes come with the second way,
where they stand in for the app. The link is used up in the Change that makes the account active and stores the factors:
of two who use one link, one does. Who enrols anew after a reset ends with no less than they had (`access.people`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.access import recovery, totp
from lockhouse.access.people import against_factors
from lockhouse.access.sessions import Limits, until
from lockhouse.access.sign_in import Level, Means
from lockhouse.crypto import otp, passkeys
from lockhouse.errors import Conflict, Unproven
from lockhouse.gates.mail import notice_for
from lockhouse.gates.networks import came
from lockhouse.gates.staff import sessions
from lockhouse.gates.staff.called import called, moved
from lockhouse.gates.staff.ceremonies import (
    ENROL,
    ENROL_PASSWORD,
    LONG_MS,
    What,
    begun,
    challenge,
    found,
    kept_of,
    taken,
)
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.factors import New, add, end_live, kinds, new_codes, new_passkey, new_password
from lockhouse.gates.staff.federated import IDENTITY_KEPT, LABEL_KEPT, Identity, bind
from lockhouse.gates.staff.links import opened
from lockhouse.gates.staff.passwords import chosen, controller_of
from lockhouse.gates.staff.read import ACTIVE, factors_of
from lockhouse.gates.staff.refusing import refuse
from lockhouse.gates.staff.tokens import token_tag
from lockhouse.gates.staff.told import MEANS
from lockhouse.model.mails import FactorAdded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.access.people import Objection
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.called import Called
    from lockhouse.gates.staff.sessions import Seen
    from lockhouse.model.rows import Ceremony, Invite, Staff

LIMITS = Limits()
_PHC, _SEED = 1, 2


class Enrolling(NamedTuple):
    """Who may enrol, what their browser asks a passkey (JSON text), and the token by which the answer is known."""

    staff: bytes
    called: Called
    options_json: str
    ceremony: str


class Confirming(NamedTuple):
    """What an app is given: the address of a QR code, the seed to type, and the token by which its code is known."""

    uri: str
    seed: str
    ceremony: str


class Enrolled(NamedTuple):
    """Somebody is enrolled and signed in. `recovery_codes`: shown once; none beside a passkey alone."""

    staff: bytes
    recovery_codes: tuple[str, ...]
    session_token: str
    level: int


async def begin(house: House, link: str) -> Enrolling:
    """What somebody needs who opened a link; the link still stands.

    Raises:
        Unproven: the link is used, over, or none.
        Tampered: a row was not made, or not left, as this house made it.
    """
    invite, whose = await opened(house, token_tag(house, "link", link))
    token = await begun(house, What(ENROL, staff=whose.id, bound=invite.tag), for_ms=LONG_MS)
    who = called(house, whose)
    asked = passkeys.making_options(
        house.proving.site, user=whose.id, login=who.login, challenge=challenge(house, token, invite.tag)
    )
    return Enrolling(whose.id, who, asked, token)


async def with_passkey(house: House, ceremony: str, answer: str, *, name: str, seen: Seen) -> Enrolled:
    """The account is active with this passkey, and its owner signed in.

    An identity that was proven at the identity provider before is the account's with it.

    Args:
        name: what the owner calls it; empty: nothing.

    Raises:
        Unproven: the ceremony or the link is over, or the answer proves nothing.
        Conflict: the identity has become another account's meanwhile.
    """
    row = await taken(house, ceremony, ENROL)
    invite, whose = await opened(house, row.bound)
    asked = challenge(house, ceremony, row.bound)
    made = passkeys.made(house.proving.site, answer, challenge=asked)
    level = Level.TWO if made.is_synced else Level.BOUND
    kept = kept_of(house, row) if row.box else {}
    who = Identity(bytes.fromhex(str(kept[IDENTITY_KEPT])), str(kept[LABEL_KEPT])) if kept else None
    done = await _active(house, (invite, whose), [new_passkey(made, label=name)], who=who)
    return await _signed(house, done, Means.PASSKEY, (level, ()), seen=seen)


async def with_password(house: House, link: str, password: str) -> Confirming:
    """A password was taken and waits for the first code of an app; nothing of the account has changed.

    Raises:
        Unproven: the link is used, over, or none.
        Invalid: the house does not take the password; the hint says why.
        Refused: the account had a passkey, and would end with less.
    """
    invite, whose = await opened(house, token_tag(house, "link", link))
    refuse("password", await _lowers(house, whose, [Means.PASSWORD, Means.TOTP]))
    who = called(house, whose)
    phc = await chosen(house, who, password)
    seed = otp.new_seed(house.ids.random)
    kept = {_PHC: phc, _SEED: otp.shown_seed(seed)}
    token = await begun(
        house, What(ENROL_PASSWORD, staff=whose.id, bound=invite.tag), for_ms=LONG_MS, kept={**kept}
    )  # fmt: skip
    uri = otp.enrolment_uri(seed, login=who.login, issuer=controller_of(house) or house.proving.site.name)
    return Confirming(uri, otp.shown_seed(seed), token)


async def confirm_totp(house: House, ceremony: str, code: str, *, seen: Seen) -> Enrolled:
    """The account is active with the password, the app and recovery codes, and its owner signed in at level 2.

    A wrong code ends nothing: whoever has the ceremony chose the seed, so there is nothing to guess.

    Raises:
        Unproven: the ceremony or the link is over, or the code is not right now.
        Refused: the account had a passkey, and would end with less.
    """
    row = await found(house, ceremony, ENROL_PASSWORD)
    kept = kept_of(house, row)
    seed = otp.read_seed(str(kept[_SEED]))
    step = totp.check(seed, code, at_s=house.clock.now_ms() // 1_000, after_step=totp.NEVER)
    if step is None:
        raise Unproven("code: expected the one that the app shows now", hint="wait for the next one, then type it")
    invite, whose = await opened(house, row.bound)
    codes = recovery.new(house.ids.random)
    new = [
        new_password(str(kept[_PHC])), New(Means.TOTP, seed, counter=step),
        new_codes(house, [recovery.normal(one) or "" for one in codes]),
    ]  # fmt: skip
    done = await _active(house, (invite, whose), new, ends=row)
    return await _signed(house, done, Means.TOTP, (Level.TWO, codes), seen=seen)


async def _lowers(house: House, whose: Staff, left: Sequence[Means]) -> Objection | None:
    return against_factors(kinds(await factors_of(house, whose.id)), left)


async def _active(
    house: House, link: tuple[Invite, Staff], new: Sequence[New], *, ends: Ceremony | None = None,
    who: Identity | None = None,
) -> Staff:  # fmt: skip
    """The account as it is with these factors; the link is used up with it.

    Raises:
        Unproven: somebody else just used the link.
        Refused: the account would end with less than it had.
    """
    invite, whose = link
    refuse("factors", await _lowers(house, whose, [one.means for one in new]))
    by, now = f"staff:{whose.id.hex()}", house.clock.now_ms()
    deed = Deed(house)
    deed.take(invite)
    if ends is not None:
        deed.take(ends)
    then = moved(house, whose, "enrolled", by=by)
    row = msgspec.structs.replace(then, state=ACTIVE, active_at=now, link=b"")
    whole = deed.put(row, was=whose)
    await end_live(house, deed, whose.id, by=by)  # one that was added while a reset was carried out
    for one in new:
        add(house, deed, whose.id, one, by=by)
    if who is not None:
        await bind(house, deed, whose.id, who, by=by)
    if whose.active_at is not None:  # anew: somebody else may hold the link of a reset
        deed.also(*notice_for(house, whose, FactorAdded(means=MEANS[new[0].means], at=now)))
    try:
        await deed.done()
    except Conflict as err:
        raise Unproven("link: expected one that is open", hint="ask who invited you for another") from err
    return whole


async def _signed(
    house: House, whose: Staff, means: Means, at: tuple[Level, tuple[str, ...]], *, seen: Seen
) -> Enrolled:
    level, codes = at
    how = sessions.Begin(MEANS[means], level, until(house.clock.now_ms(), limits=LIMITS))
    token, _ = await sessions.begin(house, whose, how, seen=seen)
    await came(house, whose, seen=seen, enrols=True)
    return Enrolled(whose.id, codes, token, level)
