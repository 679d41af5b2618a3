"""Signing in: by a passkey, by a password and a code, by a password and a recovery code.

1. The try is counted as failed (`gates.staff.waits`), or refused within a wait. A passkey's, which nobody guesses, is
   counted once it failed; a code's once the password beside it was right.
2. What was typed or signed is judged. For a password every login costs the same: the same look-ups, one hash, three
   codes and two moves of the tallies, whether there is such an account, or such a factor, or not.
3. How far a factor was used is moved on under an expectation: of two who use one code, one does.
4. The factors lead to a level (`access.sign_in`); then a session begins, and the tallies are cleared.

Whoever fails is told the same, whatever failed; it is counted for the ledger, with whose account it was tried.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access.sessions import Limits, until
from lockhouse.access.sign_in import Account, Done, Means, Proof, State, begin, prove
from lockhouse.access.throttle import Scope
from lockhouse.crypto import passkeys
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict, Unproven
from lockhouse.gates.networks import came
from lockhouse.gates.staff import judging, sessions, waits
from lockhouse.gates.staff.ceremonies import NOTHING, answered, challenge, offered, require_young
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.factors import kinds, of_kind, passkey_of, phc_of, with_hash
from lockhouse.gates.staff.failures import line, noting
from lockhouse.gates.staff.judging import Typed, unproven
from lockhouse.gates.staff.proving import hashed
from lockhouse.gates.staff.read import ACTIVE, account, account_of_login, proofs_of
from lockhouse.gates.staff.told import MEANS

if TYPE_CHECKING:
    from lockhouse.access.failures import Line, Way
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.judging import Judged
    from lockhouse.gates.staff.read import Proof as Held
    from lockhouse.gates.staff.sessions import Seen
    from lockhouse.model.rows import Staff

__all__ = ["Options", "Signed", "Typed", "by_passkey", "by_password", "by_recovery", "passkey_options"]
NOBODY = bytes(16)
"""An id that no account has, to look up what an unknown login would have."""
LIMITS = Limits()


class Options(NamedTuple):
    """What a browser asks a passkey, as JSON text, and the token by which the answer is known again."""

    json: str
    ceremony: str


class Signed(NamedTuple):
    """Somebody is signed in: the secret for their browser, who, and how sure that is (1 to 3)."""

    token: str
    staff: bytes
    level: int


class _Tried(NamedTuple):
    """A try that was judged: the account if there is one, and its live factors."""

    whose: Staff | None
    held: list[Held]
    judged: Judged


async def passkey_options(house: House) -> Options:
    """A ceremony for whoever comes: it names no account and no passkey, and nothing is stored of it."""
    token = offered(house)
    asked = passkeys.using_options(house.proving.site, challenge=challenge(house, token, NOTHING))
    return Options(asked, token)


async def by_passkey(house: House, ceremony: str, answer: str, *, seen: Seen) -> Signed:
    """Whoever the passkey is of is signed in, at level 2, or 3 if it cannot leave its device.

    Raises:
        Unproven: the ceremony is over or another's, or the answer proves nobody who may sign in. For a page that only
            stood open for too long, which is counted nowhere, the reason is `AGED`.
        Paused: it comes within a wait of its network.
    """
    tags = waits.passkey_tags(house, near=seen.near)
    await waits.require_no_wait(house, tags)
    require_young(house, ceremony)
    # Whose it would be is what the answer says, and proves nothing: it counts for nobody's account.
    async with noting(house, line(house, near=seen.near, way="passkey")):
        try:
            whose, used, done = await _by_passkey(house, ceremony, answer)
            signed = await _signed(house, (whose, used), done, seen=seen)
        except Unproven:
            await waits.moved(house, tags, dict.fromkeys(tags, "count"))
            raise
    await waits.moved(house, waits.tags_for(house, near=seen.near, login=whose.login_tag), waits.OPENED)
    await came(house, whose, seen=seen)
    return signed


async def _by_passkey(house: House, ceremony: str, answer: str) -> tuple[Staff, Held, Done]:
    bound = await answered(house, ceremony)
    credential, staff = passkeys.answering(answer)
    whose = await account(house, staff or NOBODY)
    held = await proofs_of(house, staff or NOBODY)
    proof = next((one for one in held if _is_of(house, one, credential)), None)
    if whose is None or proof is None:
        raise unproven()
    passkey = passkey_of(house, proof)
    asked = challenge(house, ceremony, bound)
    used = passkeys.used(house.proving.site, answer, challenge=asked, user=whose.id, passkey=passkey)
    who = _account(house, whose, held)
    state = prove(begin(who), Proof(Means.PASSKEY, synced=passkey.is_synced), account=who)
    await judging.use(house, proof, used.sign_count)
    return whose, proof, _done(state)


async def by_password(house: House, typed: Typed, *, seen: Seen) -> Signed:
    """Whoever has this login is signed in at level 2, by their password and the code that their app shows now.

    Raises:
        Unproven: the login, the password or the code is not right; which one is not told.
        Paused: it comes within a wait of its network, or its login from there.
    """
    login = house.staff_keys.login_tag(typed.login)
    tried = await waits.counted(house, waits.tags_for(house, near=seen.near, login=login))
    whose, held = await _looked_up(house, login)
    async with noting(house, _line(house, whose, login, way="password", seen=seen)):
        judged = await judging.by_code(house, held, typed, tried)
        return await _ended(house, _Tried(whose, held, judged), typed, seen=seen)


async def by_recovery(house: House, typed: Typed, *, seen: Seen) -> Signed:
    """Whoever has this login is signed in at level 2 by their password and a recovery code, which is used up.

    What was shut after too many failures is no obstacle, and is open again: nobody guesses a recovery code.

    Raises:
        Unproven: the login, the password or the code is not right; which one is not told.
        Paused: it comes within a wait of its network or its login from there.
    """
    login = house.staff_keys.login_tag(typed.login)
    tags = waits.tags_for(house, near=seen.near, login=login)
    del tags[Scope.CODE]
    await waits.counted(house, tags)
    whose, held = await _looked_up(house, login)
    async with noting(house, _line(house, whose, login, way="recovery-codes", seen=seen)):
        judged = await judging.by_recovery(house, held, typed)
        return await _ended(house, _Tried(whose, held, judged), typed, seen=seen)


def _line(house: House, whose: Staff | None, login: bytes, *, way: Way, seen: Seen) -> Line:
    return line(house, near=seen.near, way=way, staff=None if whose is None else whose.id, login=login)


async def _looked_up(house: House, login: bytes) -> tuple[Staff | None, list[Held]]:
    """The account and its factors, by as many look-ups for a login that nobody has."""
    whose = await account_of_login(house, login)
    if whose is None:
        await account(house, NOBODY)
    return whose, await proofs_of(house, NOBODY if whose is None else whose.id)


async def _ended(house: House, tried: _Tried, typed: Typed, *, seen: Seen) -> Signed:
    whose, second, done = _level(house, tried)
    await judging.use(house, second, tried.judged.counter)
    await _rehashed(house, whose, typed.password, tried.held)
    signed = await _signed(house, (whose, second), done, seen=seen)
    await waits.moved(house, waits.tags_for(house, near=seen.near, login=whose.login_tag), waits.RIGHT)
    await came(house, whose, seen=seen)
    return signed


def _level(house: House, tried: _Tried) -> tuple[Staff, Held, Done]:
    whose, second = tried.whose, tried.judged.second
    if whose is None or second is None or not tried.judged.password:
        raise unproven()
    who = _account(house, whose, tried.held)
    first = prove(begin(who), Proof(Means.PASSWORD), account=who)
    return whose, second, _done(prove(first, Proof(Means(second.factor.kind)), account=who))


def _done(state: State) -> Done:
    if not isinstance(state, Done):
        raise unproven()
    return state


def _account(house: House, whose: Staff, held: list[Held]) -> Account:
    """As `access.sign_in` decides over them. No password alone signs in here: nobody is enrolled with one.

    While a link stands open nothing else opens the account: what they had ended as it was given out. Nor does anything
    here of somebody who signs in at an identity provider alone.
    """
    has, away = kinds(one.factor for one in held), house.proving.provider
    is_away = away is not None and away.rules.only and Means.IDENTITY in has
    return Account(is_active=whose.state == ACTIVE and not whose.link and not is_away, has=has)


def _is_of(house: House, proof: Held, credential: bytes) -> bool:
    return proof.factor.kind == Means.PASSKEY and equal(passkey_of(house, proof).id, credential)


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


async def _signed(house: House, by: tuple[Staff, Held], done: Done, *, seen: Seen) -> Signed:
    """A session, if the account and what proved whose it is are still as they were."""
    whose, used = by
    until_at = until(house.clock.now_ms(), limits=LIMITS)
    how = sessions.Begin(MEANS[done.means[-1]], done.level, until_at, used.factor)
    try:
        token, row = await sessions.begin(house, whose, how, seen=seen)
    except Conflict as err:  # disabled or reset, or the factor ended, meanwhile
        raise unproven() from err
    return Signed(token, row.staff, row.level)
