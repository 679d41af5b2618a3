"""How long somebody waits who was wrong, so that guessing is slow and nobody is locked out by a stranger.

1. A try is counted as failed before it is judged, and taken off again if it was right: tries at once count one by one.
   A passkey's is counted once it failed, by a tally of its network that counts nothing else: no password that others of
   that network guess at makes a passkey wait.
2. Eight tallies, each under a keyed tag: of an account from one network (`HERE`), of an account (`ACCOUNT`), of its
   one-time codes (`CODE`), of a network (`NETWORK`), of its passkeys (`PASSKEY`), of the house (`HOUSE`), and of an
   account from a network that somebody signed in to it from in the last 90 days (`KNOWN`); `CAME` counts nothing: it
   says for 90 days that an account was used from a /24 or /48, so that its owner is told of the first time. An account
   that does not exist is counted by the tag of the login that was typed, just as one that does (OWASP ASVS 5.0 V6.3.8).
3. A code is counted once the password beside it was right, and the password then no more: whoever knows no password
   guesses at no codes. Within a wait for codes none is right, and nobody is told: that would tell of the password.
4. Waits grow: after the free tries 1 s, then twice as long each time, up to 15 minutes for an account from one network
   and for codes, 5 minutes for a network. A try within a wait is refused and not counted.
5. A stranger elsewhere makes nobody wait: no wait hangs on `ACCOUNT` or `HOUSE` alone. Where either has seen many
   failures, networks and accounts from there have fewer free tries.
6. At 100 failures in a row of an account (NIST SP 800-63B-4 §3.2.2) the password, or the code, is shut. That is no
   lock-out: passkeys are counted by their network alone, since nobody guesses one, and a recovery code (120 bits) is
   counted by nobody but the network. Signing in by either, or a reset, opens what was shut. From a `KNOWN` network the
   password is shut by 100 failures from there, and by no stranger elsewhere.
7. A wait is never longer than its most, whatever a row says: an edited row or a clock set back bars nobody for years.
8. A network is what one customer of an internet provider has: one IPv4 address, or 64 bits of an IPv6 one.
"""

from __future__ import annotations

import ipaddress
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
MOST_IN_A_ROW = 100
"""Failures in a row of one account (NIST SP 800-63B-4 §3.2.2)."""


class Scope(IntEnum):
    """What a tally is of."""

    ACCOUNT = 1
    HERE = 2
    NETWORK = 3
    HOUSE = 4
    CODE = 5
    PASSKEY = 6
    KNOWN = 7
    CAME = 8


class Tally(NamedTuple):
    """Failures that were counted; times in ms, `until_at` the end of the wait."""

    failures: int = 0
    first_at: int = 0
    last_at: int = 0
    until_at: int = 0


class Rule(NamedTuple):
    """Free tries, those left while many fail, the longest wait, and after how long without a failure all is forgotten.

    A `most_ms` of 0 means that nobody waits for this tally; a `forget_ms` of None that only being right ends it.
    """

    free: int
    tight: int
    most_ms: int
    forget_ms: int | None


RULES = {
    Scope.ACCOUNT: Rule(10, 10, 0, None),
    Scope.HERE: Rule(3, 1, 15 * MINUTE_MS, 24 * 60 * MINUTE_MS),
    Scope.NETWORK: Rule(30, 3, 5 * MINUTE_MS, 60 * MINUTE_MS),
    Scope.HOUSE: Rule(300, 300, 0, 10 * MINUTE_MS),
    Scope.CODE: Rule(3, 3, 15 * MINUTE_MS, None),
    Scope.PASSKEY: Rule(30, 3, 5 * MINUTE_MS, 60 * MINUTE_MS),
    Scope.KNOWN: Rule(10, 10, 0, 90 * DAY_MS),
    Scope.CAME: Rule(10, 10, 0, 90 * DAY_MS),
}
_SECOND_MS = 1_000
_LONGEST_SHIFT = 20


def wait(tallies: Mapping[Scope, Tally], *, now: int) -> int:
    """How many milliseconds until the next try may be made; 0: now."""
    return max((_left(scope, tally, now) for scope, tally in tallies.items()), default=0)


def _left(scope: Scope, tally: Tally, now: int) -> int:
    return min(max(tally.until_at - now, 0), RULES[scope].most_ms)


def is_shut(tally: Tally) -> bool:
    """Whether so many failed in a row that this way is shut until another one opens it."""
    return tally.failures >= MOST_IN_A_ROW


def shut(tallies: Mapping[Scope, Tally], *, now: int) -> frozenset[Scope]:
    """What is shut for a try; an account, from a network it is known from, by what failed from there alone."""
    known = tallies.get(Scope.KNOWN, Tally())
    own = {Scope.ACCOUNT: known} if is_known(known, now=now) else {}
    return frozenset(scope for scope, tally in {**tallies, **own}.items() if is_shut(tally))


def signed_in(*, now: int) -> Tally:
    """The tally of a network that somebody just signed in from."""
    return Tally(0, now, now, 0)


def is_known(tally: Tally, *, now: int) -> bool:
    """Whether somebody signed in from there, and not so long ago that it is forgotten."""
    return tally.last_at > 0 and _standing(Scope.KNOWN, tally, now) == tally


def is_tight(tallies: Mapping[Scope, Tally], *, now: int) -> bool:
    """Whether so many fail on the account or in the house that everybody has fewer free tries."""
    seen = {scope: _standing(scope, tally, now) for scope, tally in tallies.items()}
    return any(seen.get(scope, Tally()).failures >= RULES[scope].free for scope in (Scope.ACCOUNT, Scope.HOUSE))


def failed(scope: Scope, tally: Tally, *, now: int, tight: bool = False) -> Tally:
    """The tally with one more failure."""
    before, rule = _standing(scope, tally, now), RULES[scope]
    failures = before.failures + 1
    over = failures - (rule.tight if tight else rule.free)
    pause = min(_SECOND_MS << min(over, _LONGEST_SHIFT), rule.most_ms) if over >= 0 else 0
    return Tally(failures, before.first_at or now, now, now + pause)


def taken_off(scope: Scope, tally: Tally, *, now: int) -> Tally:
    """The tally without the last failure, which was none of its own. Who was right has none left of what is theirs."""
    before = _standing(scope, tally, now)
    return before._replace(failures=max(before.failures - 1, 0), until_at=0)


def _standing(scope: Scope, tally: Tally, now: int) -> Tally:
    forget_ms = RULES[scope].forget_ms
    return Tally() if forget_ms is not None and now - tally.last_at >= forget_ms else tally


def network_of(address: str) -> str:
    """The network that an address is counted in; what is no address is a network of its own kind."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = 32 if parsed.version == 4 else 64  # noqa: PLR2004  (the version of the protocol)
    return str(ipaddress.ip_network((parsed, bits), strict=False))
