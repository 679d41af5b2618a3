"""Proving once more who acts, before what a stolen cookie must not do.

1. What is to be done is hashed: the action, the persons it is about, the fields. The challenge that a passkey signs is
   made from that hash (`StaffKeys.challenge`), so that an answer to one question fits no other.
2. Actions that show, take out, approve or change who may come in are *bound*: one proof for one hash, used up by it,
   and five minutes old at most. Whoever has a cookie, and even a session that stepped up a moment ago, has no proof of
   what they want to do.
3. Work with one person at a time that shows nothing plain (`check`, `change` of contact data, a word of theirs on a
   purpose) takes a proof of the same shift, eight hours; special data, masked, checked or changed, one of five minutes
   (NIST SP 800-63B-4 §2.2.3 lets a shorter proof do; ASVS 5.0 V7.5.1-3). These windows are of the session, and end
   with it.
4. Every one of them needs level 2; what gives or takes keys, policy and ways in may ask for a passkey, since a code can
   be talked out of somebody on the telephone and a passkey's answer cannot (phishing resistance, §3.2.5).
5. An action that is not in the table needs the strictest of all: forgetting a row opens nothing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from lockhouse.access.sign_in import Level, Means
from lockhouse.crypto.canonical import lp
from lockhouse.crypto.signatures import equal

if TYPE_CHECKING:
    from collections.abc import Iterable

_MINUTE_MS = 60_000
FRESH_MS = 5 * _MINUTE_MS
SHIFT_MS = 8 * 60 * _MINUTE_MS

Lack = Literal["another-action", "another-means", "level", "step-up", "too-old"]
LACKS: tuple[Lack, ...] = get_args(Lack)
"""What may be missing; stable words."""


class Need(NamedTuple):
    """What an action asks of whoever does it.

    Attributes:
        bound: one proof for this very action, persons and fields, used up by it.
        max_age_ms: how old a proof may be.
        passkey: only a passkey's proof counts.
    """

    bound: bool
    max_age_ms: int
    level: Level = Level.TWO
    passkey: bool = False


STRICTEST = Need(bound=True, max_age_ms=FRESH_MS, passkey=True)
_BOUND = Need(bound=True, max_age_ms=FRESH_MS)
_NARROWS = _BOUND._replace()
"""Ends somebody's way in. A code does: whoever sees a thief at work is not to look for a passkey first. It is bound all
the same, since a stolen cookie that signs everybody out, or silences a channel, does harm too."""
_SHIFT = Need(bound=False, max_age_ms=SHIFT_MS)
_FRESH = Need(bound=False, max_age_ms=FRESH_MS)
NEEDS: dict[str, Need] = {
    "access-review-sign": _BOUND,
    "break-glass": _BOUND,
    "channel-key-end": _NARROWS,
    "channel-key-make": _BOUND,
    "channel-key-rotate": _BOUND,
    "consent-import": _BOUND,
    "consent-record": _SHIFT,
    "device-sign-in": STRICTEST,
    "device-window": STRICTEST,
    "erase": _BOUND,
    "export": _BOUND,
    "factor-add": _BOUND,
    "factor-end": _BOUND,
    "grant-approve": _BOUND,
    "grant-review": _BOUND,
    "hold-keep": _BOUND,
    "hold-release": _BOUND,
    "key-rotate": STRICTEST,
    "person-change": _SHIFT,
    "person-check": _SHIFT,
    "person-link": _BOUND,
    "person-reveal": _BOUND,
    "person-unflag": _BOUND,
    "policy-approve": STRICTEST,
    "policy-withdraw": _NARROWS,
    "request-cancel": _BOUND,
    "request-settle": _BOUND,
    "role-approve": _BOUND,
    "role-end": _NARROWS,
    "role-give": _BOUND,
    "service-resume": _BOUND,
    "session-end": _NARROWS,
    "special-change": _FRESH,
    "special-check": _FRESH,
    "special-masked": _FRESH,
    "staff-disable": _NARROWS,
    "staff-enable": _BOUND,
    "staff-identifier": _BOUND,
    "staff-invite": _BOUND,
    "staff-reset": _BOUND,
    "staff-review": _BOUND,
    "suppression-remove": _BOUND,
    "token-make": _BOUND,
    "token-revoke": _NARROWS,
}
"""In alphabetical order; what is not here is `STRICTEST`."""
NARROWING = frozenset(action for action, need in NEEDS.items() if need is _NARROWS)
"""What ends somebody's way in: whoever has no passkey confirms it by their password and a code."""


class Given(NamedTuple):
    """A proof that somebody stepped up: at which level, when (ms), by what, and for which action's hash, if for one."""

    level: int
    at: int
    by: Means
    action: bytes | None = None


def need_of(action: str) -> Need:
    """What an action asks."""
    return NEEDS.get(action, STRICTEST)


def action_hash(action: str, *, persons: Iterable[bytes] = (), fields: Iterable[str] = ()) -> bytes:
    """The 32 bytes that stand for what is to be done, to whom and with which fields; their order does not matter."""
    whom, what = sorted({*persons}), sorted({*fields})
    return hashlib.sha256(lp("lockhouse/step-up/1", action, len(whom), *whom, len(what), *what)).digest()


def lack(need: Need, given: Given | None, *, asked: bytes, now: int) -> Lack | None:
    """What is missing for an action whose hash is `asked`; None if nothing is.

    A bound action is done with the proof, which the caller then uses up.
    """
    if given is None:
        return "step-up"
    if given.level < need.level:
        return "level"
    if need.passkey and given.by is not Means.PASSKEY:
        return "another-means"
    if not 0 <= now - given.at < need.max_age_ms:
        return "too-old"
    if need.bound:
        return None if given.action is not None and equal(given.action, asked) else "another-action"
    # A proof for one bound action stands for that one alone, and is no window.
    return None if given.action is None else "another-action"
