"""Signing in: `Begun`, then `First` where one factor is not enough, then `Done` with a level.

1. A member of staff who is invited or disabled does not sign in, whatever they prove.
2. A passkey with user verification is two factors at once: something held, and a finger or PIN that opens it (NIST SP
   800-63B-4 §2.2.1). Level 2; bound to one device level 3 (§2.3.1 forbids those that are synced).
3. A password is one factor. It leads to `First`, and from there a one-time code, or a recovery code in its place, to
   level 2 (§2.2.1).
4. A password alone is level 1, and only where the house allows it, it has 15 characters, and the member has no second
   factor: who has one cannot leave it out.
5. A code proves nothing without the password before it: alone it is one factor, and the weaker one. Recovery codes
   included (§4.2.2: at this level a saved code and one more factor).
6. An identity at a provider that the house knows is what that provider told: two factors by the words that the settings
   name for them, else one, with which nobody is signed in (NIST SP 800-63C-4 §3.3: the assurance is the provider's).
7. Nothing that was proven in one ceremony counts in another: the state is made anew with each.
8. `Done` is the only state that has a level, and it takes no further proof.

What must hold of every order of proofs: a level of 2 or more has a passkey, a password and a code, or an identity that
its provider vouched for by two factors, among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from lockhouse.errors import Unproven


class Means(IntEnum):
    """The kinds of factors; the numbers are those of the rows."""

    PASSKEY = 1
    PASSWORD = 2
    TOTP = 3
    RECOVERY = 4
    IDENTITY = 5


class Level(IntEnum):
    """How surely somebody is who they say: one factor, two, or two of which one cannot leave its device."""

    ONE = 1
    TWO = 2
    BOUND = 3


class Proof(NamedTuple):
    """One factor that was just proven.

    Attributes:
        synced: of a passkey: it may live on several devices.
        long: of a password: it has 15 characters or more.
        two: of an identity: its provider told of two factors.
    """

    means: Means
    synced: bool = True
    long: bool = False
    two: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who wants to sign in.

    Attributes:
        is_active: enrolled and not disabled.
        has: the kinds of their live factors.
        alone: whether the house lets a long password alone do.
    """

    is_active: bool
    has: frozenset[Means]
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """Nothing is proven."""


@dataclass(frozen=True, slots=True)
class First:
    """One factor is proven, and it is not enough."""

    means: Means


@dataclass(frozen=True, slots=True)
class Done:
    """Somebody is signed in at this level, by these means in order."""

    level: Level
    means: tuple[Means, ...]


State = Begun | First | Done
_SECOND = frozenset({Means.TOTP, Means.RECOVERY})


def begin(account: Account) -> Begun:
    """The first state of a ceremony.

    Raises:
        Unproven: the account does not sign in.
    """
    if not account.is_active:
        raise _unproven()
    return Begun()


def prove(state: State, proof: Proof, *, account: Account) -> First | Done:
    """The state after one more factor was proven.

    Raises:
        Unproven: this factor proves nothing here, or is not one the account has.
    """
    if proof.means not in account.has or not account.is_active:
        raise _unproven()
    match state, proof.means:
        case Begun(), Means.PASSKEY:
            return Done(Level.TWO if proof.synced else Level.BOUND, (Means.PASSKEY,))
        case Begun(), Means.PASSWORD:
            is_enough = account.alone and proof.long and _SECOND.isdisjoint(account.has)
            return Done(Level.ONE, (Means.PASSWORD,)) if is_enough else First(Means.PASSWORD)
        case Begun(), Means.IDENTITY:
            return Done(Level.TWO, (Means.IDENTITY,)) if proof.two else First(Means.IDENTITY)
        case First(Means.PASSWORD), Means.TOTP | Means.RECOVERY:
            return Done(Level.TWO, (Means.PASSWORD, proof.means))
        case _:
            raise _unproven()


def _unproven() -> Unproven:
    return Unproven("sign-in: expected factors that prove who it is", hint="try again, or use another way in")
