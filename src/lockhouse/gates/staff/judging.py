"""Whether a password and the code beside it are right, by the same work whoever they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access import recovery, totp
from lockhouse.access.sign_in import Means
from lockhouse.access.throttle import Scope
from lockhouse.errors import Conflict, Unproven
from lockhouse.gates.staff import waits
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.factors import of_kind, phc_of, seed_of, tags_of, used_now
from lockhouse.gates.staff.proving import matches
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House
    from lockhouse.gates.staff.read import Proof
    from lockhouse.gates.staff.waits import Try

_DECOY_SEED = Secret(bytes(20))


class Typed(NamedTuple):
    """What somebody typed; an empty code is none."""

    login: str
    password: str
    code: str


class Judged(NamedTuple):
    """Whether the password was right, the second factor if its code was, and how far that is used then."""

    password: bool
    second: Proof | None
    counter: int


async def by_code(house: House, held: Collection[Proof], typed: Typed, tried: Try) -> Judged:
    """A password, and the code that an app shows now, which counts as guessed at once the password was right.

    Args:
        held: the live factors; none of an account that there is not.
        tried: how the try was counted.

    Raises:
        Unavailable: too many try at once in several processes.
    """
    password = None if Scope.ACCOUNT in tried.shut else of_kind(held, Means.PASSWORD)
    is_right = await matches(house, typed.password, None if password is None else phc_of(house, password.factor))
    weighed = await waits.code_counted(house, tried, is_guess=is_right)
    code = of_kind(held, Means.TOTP) if weighed else None
    step = totp.check(
        _DECOY_SEED if code is None else seed_of(house, code.factor), typed.code,
        at_s=house.clock.now_ms() // 1_000, after_step=totp.NEVER if code is None else code.use.counter,
    )  # fmt: skip
    return Judged(is_right, None if step is None else code, totp.NEVER if step is None else step)


async def by_recovery(house: House, held: Collection[Proof], typed: Typed) -> Judged:
    """A password, and a recovery code that was not used."""
    password, codes = of_kind(held, Means.PASSWORD), of_kind(held, Means.RECOVERY)
    tag = house.staff_keys.tag("recovery", recovery.normal(typed.code) or "")
    known, used = ([], 0) if codes is None else (tags_of(house, codes.factor), codes.use.counter)
    at = recovery.match(known, tag, used=used)
    # Without a right code the password is not even weighed: it would be one to guess at that is never shut.
    phc = None if password is None or at is None else phc_of(house, password.factor)
    is_right = await matches(house, typed.password, phc)
    return Judged(is_right, None if at is None else codes, used if at is None else recovery.spent(used, at))


async def use(house: House, proof: Proof, counter: int) -> None:
    """The factor was used up to there; of two who use it at once, one did.

    Raises:
        Unproven: somebody else just used it.
    """
    deed = Deed(house)
    deed.set(used_now(house, proof.use, counter), was=proof.use)
    try:
        await deed.done()
    except Conflict as err:
        raise unproven() from err


def unproven() -> Unproven:
    """What everybody is told who does not prove who they are, whatever it was."""
    return Unproven("sign-in: expected factors that prove who it is", hint="try again, or use another way in")
