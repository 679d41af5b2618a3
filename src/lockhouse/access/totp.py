"""Whether a one-time code of an authenticator app is right now (RFC 6238), and was not used before.

1. The code is six ASCII digits; blanks that an app shows between them are taken away.
2. Time is the server's alone (OWASP ASVS 5.0 V6.5.8), in steps of 30 seconds since the epoch (RFC 6238 §4).
3. The step before and the one after are taken too (§5.2, at most one step of drift): a code lives 90 seconds at most,
   which is longer than V6.5.5 asks (30), since phones' clocks and people are late.
4. A step at or before the last one used is not taken (§5.2: "must not accept the second attempt"; V6.5.1), so that a
   code which was watched is worth nothing.
5. All three are computed and compared in constant time, whichever is right. Where two steps share a code, the later
   one is used up.
6. Wrong codes are counted apart from wrong passwords (`throttle.Scope.CODE`): who comes so far knows the password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.otp import DIGITS, STEP_S, code_at
from lockhouse.crypto.signatures import equal

if TYPE_CHECKING:
    from lockhouse.secret import Secret

DRIFT = 1
NEVER = -1
"""The last step of a seed that was not used yet."""


def check(seed: Secret, code: str, *, at_s: int, after_step: int) -> int | None:
    """The step that a code is of, to be stored as the last one used; None if it is not right now, or was used.

    Args:
        at_s: the server's time in seconds since the epoch.
        after_step: the last step used, or `NEVER`.
    """
    typed = "".join(code.split()).encode("utf-8", "replace")
    now = at_s // STEP_S
    found = None
    for step in range(max(now - DRIFT, 0), now + DRIFT + 1):
        is_right = equal(code_at(seed, step).encode(), typed)
        found = step if is_right and step > after_step else found
    return found if len(typed) == DIGITS else None
