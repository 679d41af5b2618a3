"""In which line failed sign-ins are counted, so that the ledger tells of each and nobody can flood it.

1. What fails is counted by the hour, in a line for each account, network and way, and told once the hour is over: one
   entry a line, with its count (OWASP ASVS 5.0 V16.3.1).
2. An hour has 16 lines for an account, and 16 for all logins that nobody has; what comes behind them counts in one more
   of that account, or of those logins. So an hour has 17 entries at most for each account, and 17 besides.
3. An account's lines are its own: whoever fills the others with made-up logins hides no guess at one that is there.
4. A try within a wait is not judged, and counts nowhere: how often it is repeated says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

HOUR_MS = 60 * 60_000
GRACE_MS = 60_000
"""A try that began within the hour is counted by then."""
KEPT_MS = 7 * 24 * HOUR_MS
"""How long an account's page says how many failed; the ledger says it for good."""
MOST = 16

Way = Literal["password", "recovery-codes", "passkey", "identity", "step-up"]


class Line(NamedTuple):
    """What is counted together.

    Attributes:
        staff: whose account was tried; empty: nobody's, or nobody knows.
        login: keyed index of a login that nobody has; empty: of an account, or of any.
        network: keyed index of where it came from; empty: of any.
        way: empty: of any.
    """

    staff: bytes
    login: bytes
    network: bytes
    way: str


def hour(now: int) -> int:
    """The beginning (ms) of the hour that counts."""
    return now - now % HOUR_MS


def is_over(since: int, *, now: int) -> bool:
    """Whether nothing is counted any more in the hour that began then."""
    return now >= since + HOUR_MS + GRACE_MS


def counted_in(wanted: Line, known: Collection[Line]) -> Line:
    """The line of a failure, beside those that its account, or the logins that nobody has, have in this hour."""
    if wanted in known or len(known) < MOST:
        return wanted
    return Line(wanted.staff, b"", b"", "")
