"""Signing in at the identity provider, and an identity there that becomes an account's.

1. A browser is sent there with a state that only it can bring back (`gates.staff.federated`). For an enrolment or a
   link to an account there is a ceremony beside it; of a sign-in nothing is stored until it is answered.
2. What comes back is used up, once, before anything is asked for it. Then the provider turns the code into an ID token,
   which is verified and weighed (`access.federation`).
3. A sign-in finds the account that the identity was bound to, and no other: nobody is known by an address or a name,
   and nobody is made. Its groups say which roles begin and end; then a session begins, at level 2.
4. An identity becomes an account's by its one-time link, together with a passkey, or by its owner, who is signed in and
   confirmed it with a proof of their own. Each member so has a passkey of this house for what a session alone must not
   do.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access.federation import Expected, require_issuer, unproven, way_of, weighed
from lockhouse.access.sessions import Limits, Times, standing, until
from lockhouse.access.sign_in import Account, First, Level, Means, Proof, begin, prove
from lockhouse.crypto import passkeys
from lockhouse.errors import Conflict, Unproven
from lockhouse.gates.grouped import follow
from lockhouse.gates.mail import notice_for
from lockhouse.gates.networks import came as noticed
from lockhouse.gates.staff import judging, sessions, waits
from lockhouse.gates.staff.called import called
from lockhouse.gates.staff.ceremonies import (
    ENROL,
    ENROL_AWAY,
    LINK_AWAY,
    LONG_MS,
    What,
    answered,
    begun,
    challenge,
    kept_of,
    offered,
    taken,
)
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.factors import kinds
from lockhouse.gates.staff.failures import line, noting
from lockhouse.gates.staff.federated import (
    BACK,
    IDENTITY_KEPT,
    LABEL_KEPT,
    bind,
    came,
    identity,
    provider,
    sent,
    whose,
)
from lockhouse.gates.staff.links import opened
from lockhouse.gates.staff.read import ACTIVE, account, proofs_of, session_of
from lockhouse.gates.staff.steps import adding, used_up
from lockhouse.gates.staff.tokens import token_tag
from lockhouse.model.mails import FactorAdded

if TYPE_CHECKING:
    from lockhouse.access.federation import Told
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.called import Called
    from lockhouse.gates.staff.federated import Sent
    from lockhouse.gates.staff.sessions import Seen
    from lockhouse.model.rows import Ceremony, Staff

LIMITS = Limits()
_PROOF = 1
_MAX_CODE = 4_096


class Answer(NamedTuple):
    """What a browser brought back: a code, or that there is none; the state; and whose answer it says that it is."""

    code: str
    state: str
    issuer: str | None


class Signed(NamedTuple):
    """Somebody is signed in: the secret for their browser, and who."""

    token: str
    staff: bytes


class OneFactor(NamedTuple):
    """The provider told of one factor: nobody is signed in, and their own passkey does it."""


class Enrolling(NamedTuple):
    """Whose link it was that an identity was proven for, and what makes the passkey beside it, as in `flows.enrol`."""

    called: Called
    options_json: str
    ceremony: str


class Linked(NamedTuple):
    """The identity is the account's."""

    staff: bytes


Came = Signed | OneFactor | Enrolling | Linked


async def to_sign_in(house: House, *, browser: str) -> str:
    """Where a browser is sent to sign in.

    Args:
        browser: the secret of a cookie that it keeps.

    Raises:
        NotFound: the house knows no provider.
        Unavailable, Refused: the provider is away, or leads elsewhere.
    """
    return await _door(house, sent(house, "sign-in", offered(house), browser=browser))


async def to_enrol(house: House, link: str, *, browser: str) -> str:
    """Where a browser is sent by whoever holds a one-time link; the link still stands.

    Raises:
        Unproven: the link is used, over, or none.
        NotFound, Unavailable, Refused: as `to_sign_in`.
    """
    invite, who = await opened(house, token_tag(house, "link", link))
    token = await begun(house, What(ENROL_AWAY, staff=who.id, bound=invite.tag), for_ms=LONG_MS)
    return await _door(house, sent(house, "enrol", token, browser=browser))


async def to_link(house: House, session: bytes, *, proof: str, browser: str) -> str:
    """Where a browser is sent by whoever is signed in and wants to sign in there, too.

    Args:
        session: its tag. proof: of a step up for `adding`, which is used up once they are back.

    Raises:
        Unproven: the session is over.
        NotFound, Unavailable, Refused: as `to_sign_in`.
    """
    row = await session_of(house, session)
    if row is None:
        raise Unproven("session: expected one that stands", hint="sign in again")
    what = What(LINK_AWAY, staff=row.staff, session=row.tag)
    token = await begun(house, what, for_ms=LONG_MS, kept={_PROOF: proof})
    return await _door(house, sent(house, "link", token, browser=browser))


async def _door(house: House, made: Sent) -> str:
    rules = provider(house).rules
    hashed = urlsafe_b64encode(sha256(made.verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code", "scope": "openid", "client_id": rules.client, "redirect_uri": _back(house),
        "state": made.state, "nonce": made.nonce, "code_challenge": hashed, "code_challenge_method": "S256",
    }  # fmt: skip
    acr = [word for way in map(way_of, rules.two_factors) if way and way.claim == "acr" for word in sorted(way.words)]
    if acr:
        asked["acr_values"] = " ".join(acr)
    if made.what != "sign-in":  # who becomes an account's is who proves it now, not who a browser was left signed in as
        asked["prompt"] = "login"
    if rules.max_age_s:
        asked["max_age"] = str(rules.max_age_s)
    return await provider(house).door(asked)


def _back(house: House) -> str:
    return house.proving.site.origin + BACK


async def back(house: House, answer: Answer, *, browser: str, seen: Seen) -> Came:
    """What follows from what a browser brought back.

    Raises:
        Unproven: it is not this browser's answer, was used before, or proves nobody who may sign in.
        Conflict: the identity is another account's already, or the account moved meanwhile.
        Unavailable: the provider is away. Paused: it comes within a wait of its network.
        NotFound, Refused: as `to_sign_in`.
    """
    tags = waits.passkey_tags(house, near=seen.near)
    await waits.require_no_wait(house, tags)
    async with noting(house, line(house, near=seen.near, way="identity")):
        try:
            return await _back_with(house, answer, came(house, answer.state, browser=browser), seen)
        except Unproven:
            await waits.moved(house, tags, dict.fromkeys(tags, "count"))
            raise


async def _back_with(house: House, answer: Answer, made: Sent, seen: Seen) -> Came:
    if made.what == "sign-in":
        await answered(house, made.token)
        return await _sign_in(house, await _told(house, answer, made), seen)
    row = await taken(house, made.token, ENROL_AWAY if made.what == "enrol" else LINK_AWAY)
    told = await _told(house, answer, made)
    return await (_enrol(house, row, told) if made.what == "enrol" else _link(house, row, told))


async def _told(house: House, answer: Answer, made: Sent) -> Told:
    at = provider(house)
    require_issuer(answer.issuer, issuer=at.rules.issuer, must=await at.names_itself())
    if not 0 < len(answer.code) <= _MAX_CODE:
        raise unproven("code")
    claims = await at.claims(answer.code, verifier=made.verifier, back=_back(house))
    now_s = house.clock.now_ms() // 1_000
    expected = Expected(at.rules.issuer, at.rules.client, made.nonce, now_s, at.rules.max_age_s)
    ways = tuple(filter(None, map(way_of, at.rules.two_factors)))
    return weighed(claims, expected, ways=ways, groups=at.rules.groups if at.rules.roles else "")


async def _sign_in(house: House, told: Told, seen: Seen) -> Signed | OneFactor:
    found = await whose(house, identity(house, told.subject))
    if found is None:
        raise unproven("identity")
    staff, used = found
    has = kinds(one.factor for one in await proofs_of(house, staff.id))
    who = Account(is_active=staff.state == ACTIVE and not staff.link, has=has)
    state = prove(begin(who), Proof(Means.IDENTITY, two=told.level >= Level.TWO), account=who)
    if isinstance(state, First):
        return OneFactor()
    await follow(house, staff.id, told.groups)
    await judging.use(house, used, used.use.counter + 1)
    how = sessions.Begin("identity", state.level, until(house.clock.now_ms(), limits=LIMITS), used.factor)
    token, row = await sessions.begin(house, await _active(house, staff.id), how, seen=seen)
    await noticed(house, staff, seen=seen)
    await waits.moved(house, waits.tags_for(house, near=seen.near, login=staff.login_tag), waits.OPENED)
    return Signed(token, row.staff)


async def _active(house: House, staff: bytes) -> Staff:
    row = await account(house, staff)
    if row is None or row.state != ACTIVE or row.link:
        raise unproven("account")
    return row


async def _enrol(house: House, row: Ceremony, told: Told) -> Enrolling:
    invite, staff = await opened(house, row.bound)
    who = identity(house, told.subject)
    if await whose(house, who) is not None:
        raise Conflict("identity: expected one that no account has", hint="its owner removes it from the other account")
    kept = {IDENTITY_KEPT: who.tag.hex(), LABEL_KEPT: who.label}
    token = await begun(house, What(ENROL, staff=staff.id, bound=invite.tag), for_ms=LONG_MS, kept={**kept})
    known = called(house, staff)
    asked = passkeys.making_options(
        house.proving.site, user=staff.id, login=known.login, challenge=challenge(house, token, invite.tag)
    )
    return Enrolling(known, asked, token)


async def _link(house: House, row: Ceremony, told: Told) -> Linked:
    session, staff = await session_of(house, row.session), await _active(house, row.staff)
    now = house.clock.now_ms()
    if session is None or session.staff != staff.id:
        raise unproven("session")
    times = Times(session.level, session.made_at, session.seen_at, session.until_at)
    if standing(times, now=now, limits=LIMITS, is_active=True, cut_at=staff.sessions_from) != "stands":
        raise unproven("session")
    deed = Deed(house)
    await used_up(house, deed, session, adding(staff.id), proof=str(kept_of(house, row)[_PROOF]))
    deed.hold(session)
    deed.hold(staff)
    await bind(house, deed, staff.id, identity(house, told.subject), by=f"staff:{staff.id.hex()}")
    deed.also(*notice_for(house, staff, FactorAdded(means="identity", at=now)))
    await deed.done()
    return Linked(staff.id)
