"""A command line asks a house to be let in, or to be told that a member means what it is about to do.

1. The command line stores a request and keeps its secret of 256 bits; it shows a person a short code (RFC 8628 §3.2).
2. The code is eight letters of twenty that are hard to take for one another and make no words: 34 bits, for ten
   minutes, guessed at by nobody who is not signed in, and by whoever is a few times at most (§5.1, §6.1).
3. Whoever is signed in to the console types the code, reads what asks, and confirms or refuses it (§3.3). They prove
   for this very request that they mean it, since a code can be handed to somebody who started nothing (§5.4).
4. A request may say which member is to answer; for anybody else there is no such code.
5. The command line asks every five seconds whether it was answered. One that asks sooner is told to slow down, by five
   seconds more each time (§3.5), and learns nothing by asking.
6. An answer is taken once, by the machine's account that asked, and before the ten minutes are over.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LETTERS = 8
LIFE_MS = 10 * 60_000
INTERVAL_MS = 5_000
SLOWER_MS = 5_000
MOST_OPEN = 50
"""Requests of a house that wait at once: each is two rows, and a flood of them ends by itself in ten minutes."""
RANDOM_BYTES = 16
"""For one code; what is left over by 20^8 is below one in 10^27."""
_PAUSE = frozenset(" -")

Answer = Literal["waiting", "confirmed", "refused"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
Polled = Literal["waiting", "slow-down", "confirmed", "refused", "over"]


class Asking(NamedTuple):
    """How a request stands; times in ms, `polled_at` 0 before it was asked for."""

    answer: Answer
    until_at: int
    polled_at: int = 0
    interval_ms: int = INTERVAL_MS


def code_of(random: bytes) -> str:
    """A code from random bytes, as it is tagged: without its hyphen."""
    left, letters = int.from_bytes(random), ""
    for _ in range(LETTERS):
        left, at = divmod(left, len(ALPHABET))
        letters += ALPHABET[at]
    return letters


def shown(code: str) -> str:
    """The code as people read and type it."""
    return f"{code[: LETTERS // 2]}-{code[LETTERS // 2 :]}"


def typed(text: str) -> str | None:
    """The code that somebody typed, in whatever case and with whatever spaces; None if it can be none."""
    code = "".join(sign for sign in text.strip() if sign not in _PAUSE).upper()
    return code if len(code) == LETTERS and set(code) <= set(ALPHABET) else None


def polled(asking: Asking, *, now: int) -> tuple[Polled, Asking]:
    """What whoever asks is told, and how the request stands behind it."""
    if now >= asking.until_at:
        return "over", asking
    if asking.polled_at and now - asking.polled_at < asking.interval_ms:
        return "slow-down", asking._replace(polled_at=now, interval_ms=asking.interval_ms + SLOWER_MS)
    return asking.answer, asking._replace(polled_at=now)


def is_to_answer(asking: Asking, *, wanted: bytes, member: bytes, now: int) -> bool:
    """Whether a member may answer a request that stands.

    Args:
        wanted: whose answer it asks for; empty: anybody's.
        member: who typed the code.
    """
    return asking.answer == "waiting" and now < asking.until_at and wanted in {b"", member}
