"""Signing in: by a passkey, by a password and a code, by a password and a recovery code.

1. The try is counted as failed (`gates.staff.waits`), or refused within a wait.
2. What was typed or signed is judged. For a password every login costs the same: the same look-ups, one hash, three
   codes and two moves of the tallies, whether there is such an account, or such a factor, or not.
3. How far a factor was used is moved on under an expectation: of two who use one code, one does.
4. The factors lead to a level (`access.sign_in`); then a session begins, and the tallies are cleared.

Whoever fails is told the same, whatever failed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access import recovery, totp
from lockhouse.access.passwords import ALONE
from lockhouse.access.sessions import Limits, until
from lockhouse.access.sign_in import Account, Done, Means, Proof, State, begin, prove
from lockhouse.access.throttle import Scope
from lockhouse.crypto import passkeys
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict, Unproven
from lockhouse.gates.staff import sessions, waits
from lockhouse.gates.staff.ceremonies import NOTHING, SIGN_IN, What, begun, challenge, taken
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.factors import kinds, of_kind, passkey_of, phc_of, seed_of, tags_of, used_now, with_hash
from lockhouse.gates.staff.proving import hashed, matches
from lockhouse.gates.staff.read import ACTIVE, account, account_of_login, proofs_of
from lockhouse.gates.staff.told import MEANS
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.read import Proof as Held
    from lockhouse.gates.staff.sessions import Seen
    from lockhouse.model.rows import Staff

NOBODY = bytes(16)
"""An id that no account has, to look up what an unknown login would have."""
LIMITS = Limits()
_DECOY_SEED = Secret(bytes(20))
_RIGHT: dict[Scope, waits.Move] = {
    Scope.ACCOUNT: "clear", Scope.HERE: "clear", Scope.CODE: "clear", Scope.NETWORK: "off", Scope.HOUSE: "off",
}  # fmt: skip


class Options(NamedTuple):
    """What a browser asks a passkey, as JSON text, and the token by which the answer is known again."""

    json: str
    ceremony: str


class Signed(NamedTuple):
    """Somebody is signed in: the secret for their browser, who, and how sure that is (1 to 3)."""

    token: str
    staff: bytes
    level: int


class Typed(NamedTuple):
    """What somebody typed; an empty code is none."""

    login: str
    password: str
    code: str


class _Judged(NamedTuple):
    """A try that was judged: whether the password was right, the second factor if it was, and how far that was used."""

    tags: dict[Scope, bytes]
    whose: Staff | None
    held: list[Held]
    password: bool
    second: Held | None
    counter: int


async def passkey_options(house: House) -> Options:
    """A ceremony for whoever comes: it names no account and no passkey."""
    token = await begun(house, What(SIGN_IN))
    asked = passkeys.using_options(house.proving.site, challenge=challenge(house, token, NOTHING))
    return Options(asked, token)


async def by_passkey(house: House, ceremony: str, answer: str, *, seen: Seen) -> Signed:
    """Whoever the passkey is of is signed in, at level 2, or 3 if it cannot leave its device.

    Raises:
        Unproven: the ceremony is over or another's, or the answer proves nobody who may sign in.
        Unavailable: it comes within a wait of its network.
    """
    tags = waits.tags_for(house, network=seen.network, login=None)
    await waits.counted(house, tags)
    row = await taken(house, ceremony, SIGN_IN)
    credential, staff = passkeys.answering(answer)
    whose = await account(house, staff or NOBODY)
    held = await proofs_of(house, staff or NOBODY)
    proof = next((one for one in held if _is_of(house, one, credential)), None)
    if whose is None or proof is None:
        raise _unproven()
    passkey = passkey_of(house, proof)
    asked = challenge(house, ceremony, row.bound)
    used = passkeys.used(house.proving.site, answer, challenge=asked, user=whose.id, passkey=passkey)
    who = _account(house, whose, held)
    state = prove(begin(who), Proof(Means.PASSKEY, synced=passkey.is_synced), account=who)
    await _use(house, proof, used.sign_count)
    return await _signed(house, whose, _done(state), seen=seen)


async def by_password(house: House, typed: Typed, *, seen: Seen) -> Signed:
    """Whoever has this login is signed in, at level 2 with a code; without one at 1, if the house lets that do.

    Raises:
        Unproven: the login, the password or the code is not right; which one is not told.
        Unavailable: it comes within a wait of its network, its login from there, or its codes.
    """
    tags = waits.tags_for(house, network=seen.network, login=house.staff_keys.login_tag(typed.login))
    tried = await waits.counted(house, tags)
    whose, held = await _looked_up(house, typed.login)
    password = None if Scope.ACCOUNT in tried.shut else of_kind(held, Means.PASSWORD)
    code = None if Scope.CODE in tried.shut else of_kind(held, Means.TOTP)
    is_right = await matches(house, typed.password, None if password is None else phc_of(house, password.factor))
    step = totp.check(
        _DECOY_SEED if code is None else seed_of(house, code.factor), typed.code,
        at_s=house.clock.now_ms() // 1_000, after_step=totp.NEVER if code is None else code.use.counter,
    )  # fmt: skip
    second = None if step is None else code
    judged = _Judged(tags, whose, held, is_right, second, totp.NEVER if step is None else step)
    return await _ended(house, judged, typed, seen=seen)


async def by_recovery(house: House, typed: Typed, *, seen: Seen) -> Signed:
    """Whoever has this login is signed in at level 2 by their password and a recovery code, which is used up.

    What was shut after too many failures is no obstacle, and is open again: nobody guesses a recovery code.

    Raises:
        Unproven: the login, the password or the code is not right; which one is not told.
        Unavailable: it comes within a wait of its network or its login from there.
    """
    tags = waits.tags_for(house, network=seen.network, login=house.staff_keys.login_tag(typed.login))
    del tags[Scope.CODE]
    await waits.counted(house, tags)
    whose, held = await _looked_up(house, typed.login)
    password, codes = of_kind(held, Means.PASSWORD), of_kind(held, Means.RECOVERY)
    tag = house.staff_keys.tag("recovery", recovery.normal(typed.code) or "")
    known, used = ([], 0) if codes is None else (tags_of(house, codes.factor), codes.use.counter)
    at = recovery.match(known, tag, used=used)
    # Without a right code the password is not even weighed: it would be one to guess at that is never shut.
    is_weighed = password is not None and at is not None
    is_right = await matches(house, typed.password, phc_of(house, password.factor) if is_weighed and password else None)
    spent = used if at is None else recovery.spent(used, at)
    judged = _Judged(tags, whose, held, is_right, None if at is None else codes, spent)
    return await _ended(house, judged, typed, seen=seen)


async def _looked_up(house: House, login: str) -> tuple[Staff | None, list[Held]]:
    """The account and its factors, by as many look-ups for a login that nobody has."""
    whose = await account_of_login(house, house.staff_keys.login_tag(login))
    if whose is None:
        await account(house, NOBODY)
    return whose, await proofs_of(house, NOBODY if whose is None else whose.id)


async def _ended(house: House, judged: _Judged, typed: Typed, *, seen: Seen) -> Signed:
    try:
        whose, done = _level(house, judged, typed)
    except Unproven:
        # A wrong password says nothing of the codes, and where it was right the account's was not guessed at.
        wrong = Scope.ACCOUNT if judged.password else Scope.CODE
        await waits.moved(house, judged.tags, {wrong: "off"} if wrong in judged.tags else {})
        raise
    if judged.second is not None:
        await _use(house, judged.second, judged.counter)
    await _rehashed(house, whose, typed.password, judged.held)
    return await _signed(house, whose, done, seen=seen)


def _level(house: House, judged: _Judged, typed: Typed) -> tuple[Staff, Done]:
    whose, second = judged.whose, judged.second
    if whose is None or not judged.password:
        raise _unproven()
    who = _account(house, whose, judged.held)
    state = prove(begin(who), Proof(Means.PASSWORD, long=len(typed.password) >= ALONE), account=who)
    if not isinstance(state, Done) and second is not None:
        state = prove(state, Proof(Means(second.factor.kind)), account=who)
    return whose, _done(state)


def _done(state: State) -> Done:
    if not isinstance(state, Done):
        raise _unproven()
    return state


def _account(house: House, whose: Staff, held: list[Held]) -> Account:
    has = kinds(one.factor for one in held)
    return Account(is_active=whose.state == ACTIVE, has=has, alone=house.proving.alone)


def _is_of(house: House, proof: Held, credential: bytes) -> bool:
    return proof.factor.kind == Means.PASSKEY and equal(passkey_of(house, proof).id, credential)


async def _use(house: House, proof: Held, counter: int) -> None:
    """The factor was used up to there; of two who use it at once, one did.

    Raises:
        Unproven: somebody else just used it.
    """
    deed = Deed(house)
    deed.set(used_now(house, proof.use, counter), was=proof.use)
    try:
        await deed.done()
    except Conflict as err:
        raise _unproven() from err


async def _rehashed(house: House, whose: Staff, password: str, held: list[Held]) -> None:
    """The password's hash is of today's cost, now that the password is at hand."""
    proof = of_kind(held, Means.PASSWORD)
    if proof is None or not house.staff_keys.outdated(phc_of(house, proof.factor)):
        return
    deed = Deed(house)
    row = with_hash(house, proof.factor, await hashed(house, password), by=f"staff:{whose.id.hex()}")
    deed.put(row, was=proof.factor)
    with suppress(Conflict):  # another sign-in of theirs just did, or the factor ended
        await deed.done()


async def _signed(house: House, whose: Staff, done: Done, *, seen: Seen) -> Signed:
    """A session, and nothing left of what failed before."""
    how = sessions.Begin(MEANS[done.means[-1]], done.level, until(house.clock.now_ms(), limits=LIMITS))
    try:
        token, row = await sessions.begin(house, whose, how, seen=seen)
    except Conflict as err:  # disabled or reset meanwhile
        raise _unproven() from err
    await waits.moved(house, waits.tags_for(house, network=seen.network, login=whose.login_tag), _RIGHT)
    return Signed(token, row.staff, row.level)


def _unproven() -> Unproven:
    return Unproven("sign-in: expected factors that prove who it is", hint="try again, or use another way in")
