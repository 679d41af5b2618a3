"""Failures of what can be guessed are counted before a try is judged, and taken off again if it was right.

How many, and how long one waits for them, says `access.throttle`.

What is counted stands under keyed tags of what was typed and of the network it came from; whether there is such an
account is asked by nobody here. A tally is moved under an expectation, so that tries at once count one by one; only the
house's own, which makes nobody wait, is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from lockhouse.access.throttle import (
    Scope,
    Tally,
    failed,
    is_known,
    is_shut,
    is_tight,
    network_of,
    shut,
    signed_in,
    taken_off,
    wait,
)
from lockhouse.errors import Paused, Unavailable
from lockhouse.gates.authority import sound
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import Attempts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.gates.house import House

TRIES = 20
Move = Literal["clear", "count", "guess", "keep", "known", "off"]
"""`guess` counts outside of a wait alone; `keep` writes the tally as it is, where the work must be the same; `known`
begins the tally of a network that somebody signed in from."""
OPENED: dict[Scope, Move] = {
    Scope.ACCOUNT: "clear", Scope.HERE: "clear", Scope.CODE: "clear", Scope.KNOWN: "known",
}  # fmt: skip
"""What signing in does to the tallies of an account: what was shut is open again."""
RIGHT: dict[Scope, Move] = {**OPENED, Scope.NETWORK: "off", Scope.HOUSE: "off"}
"""And where the try was counted before it was judged."""


class Try(NamedTuple):
    """A try that was counted.

    Attributes:
        tags: where each tally stands. `shut`: the scopes of which so many failed in a row that they are shut.
    """

    tags: dict[Scope, bytes]
    shut: frozenset[Scope]


def tags_for(house: House, *, near: str, login: bytes) -> dict[Scope, bytes]:
    """Where the tallies of a try stand: of the network of an address, and of the tag of the login that was typed."""
    network, keys = network_of(near), house.staff_keys
    return {
        Scope.NETWORK: keys.tag("network", network), Scope.HOUSE: keys.tag("house", b""),
        Scope.ACCOUNT: keys.tag("account", login), Scope.CODE: keys.tag("code", login),
        Scope.HERE: keys.tag("here", login + network.encode()),
        Scope.KNOWN: keys.tag("known", login + network.encode()),
    }  # fmt: skip


def passkey_tags(house: House, *, near: str) -> dict[Scope, bytes]:
    """Where those of a passkey's try stand, which no password is counted by, but for the house's own."""
    keys = house.staff_keys
    return {Scope.PASSKEY: keys.tag("passkey", network_of(near)), Scope.HOUSE: keys.tag("house", b"")}


async def counted(house: House, tags: dict[Scope, bytes]) -> Try:
    """The try, counted as failed everywhere but among the guesses at codes.

    Raises:
        Paused: it comes within a wait; then it is not counted. `retry_after_s` says how long that is.
        Tampered: a tally is not as this house writes them.
    """
    first: dict[Scope, Move] = {scope: "count" for scope in tags if scope is not Scope.CODE}
    now = house.clock.now_ms()
    return Try(tags, shut(await moved(house, tags, first, now=now), now=now))


async def code_counted(house: House, tried: Try, *, is_guess: bool) -> bool:
    """Whether the code of a try may be weighed; then it is counted, and its password, which was right, no more.

    Within a wait, and once shut, no code is right. That is said by nobody: it would say that the password was.

    Args:
        tried: how the try was counted.
        is_guess: whether the password was right. If not, nobody guesses at a code; it is as much work.

    Raises:
        Unavailable: too many try at once in several processes.
        Tampered: a tally is not as this house writes them.
    """
    tags = {scope: tried.tags[scope] for scope in (Scope.ACCOUNT, Scope.CODE)}
    now = house.clock.now_ms()
    moves: dict[Scope, Move] = (
        {Scope.ACCOUNT: "off", Scope.CODE: "guess"} if is_guess else dict.fromkeys(tags, "keep")
    )  # fmt: skip
    code = (await moved(house, tags, moves, now=now))[Scope.CODE]
    return is_guess and not is_shut(code) and not wait({Scope.CODE: code}, now=now)


async def require_no_wait(house: House, tags: Mapping[Scope, bytes]) -> None:
    """Nothing, outside of a wait; for what nobody guesses, which is counted only once it failed.

    Raises:
        Paused: it comes within a wait.
        Tampered: a tally is not as this house writes them.
    """
    held = await _held(house, tags)
    _require_no_wait({scope: _tally(row) for scope, row in held.items()}, house.clock.now_ms())


async def moved(
    house: House, tags: Mapping[Scope, bytes], moves: Mapping[Scope, Move], *, now: int | None = None
) -> dict[Scope, Tally]:
    """The tallies as they were before these moves.

    Args:
        tags: where they stand.
        moves: what is done to them; those of no move stay as they are.
        now: ms, if it is to be the same as for what follows.

    Raises:
        Paused: a count comes within a wait. Unavailable: too many try at once in several processes.
        Tampered: a tally is not as this house writes them.
    """
    async with house.proving.counting:
        for _ in range(TRIES):
            held = await _held(house, tags)
            before = {scope: _tally(row) for scope, row in held.items()}
            at = house.clock.now_ms() if now is None else now
            _require_no_wait({scope: before[scope] for scope, move in moves.items() if move == "count"}, at)
            makes = {scope: move for scope, move in moves.items() if held[scope] or _makes(scope, move)}
            after = _after(before, makes, at)
            change = _change(held, tags, after, moves)
            if not after or not isinstance(await house.commits.commit(change), Conflict):
                return before
    raise Unavailable("sign-in: expected fewer tries at once", retry_after_s=1.0)


async def _held(house: House, tags: Mapping[Scope, bytes]) -> dict[Scope, Attempts | None]:
    rows = await house.reads.get(Attempts, [(int(scope), tag) for scope, tag in tags.items()])
    sound(rows.values())
    return {scope: rows.get((int(scope), tag)) for scope, tag in tags.items()}


def _require_no_wait(tallies: Mapping[Scope, Tally], now: int) -> None:
    left = wait(tallies, now=now)
    if left:
        raise Paused(
            "sign-in: expected a pause after wrong tries", retry_after_s=left / 1_000, hint="wait, then try again"
        )


def _makes(scope: Scope, move: Move) -> bool:
    """Whether there is a row after the move where there was none. No failure makes a network one that is known."""
    return move not in {"clear", "off"} and (scope is not Scope.KNOWN or move == "known")


def _after(before: Mapping[Scope, Tally], moves: Mapping[Scope, Move], now: int) -> dict[Scope, Tally]:
    tight = is_tight(before, now=now)
    after = {}
    for scope, move in moves.items():
        if scope is Scope.KNOWN and move == "count" and not is_known(before[scope], now=now):
            continue
        if move == "count" or (move == "guess" and not wait({scope: before[scope]}, now=now)):
            after[scope] = failed(scope, before[scope], now=now, tight=tight)
        elif move == "known":
            after[scope] = signed_in(now=now)
        elif move in {"guess", "keep"}:
            after[scope] = before[scope]
        else:
            after[scope] = taken_off(scope, before[scope], now=now)
    return after


def _change(
    held: Mapping[Scope, Attempts | None], tags: Mapping[Scope, bytes], after: Mapping[Scope, Tally],
    moves: Mapping[Scope, Move],
) -> Change:  # fmt: skip
    puts, deletes, expects = [], [], []
    for scope, tally in after.items():
        row, key = held[scope], (int(scope), tags[scope])
        if moves[scope] == "clear":
            deletes.append(Delete(Attempts.TABLE, key))
        else:
            puts.append(Put(Attempts.TABLE, Attempts(int(scope), tags[scope], *tally)))
        if scope is not Scope.HOUSE:
            seen = None if row is None else {"failures": row.failures, "last_at": row.last_at}
            expects.append(Expect(Attempts.TABLE, key, seen, or_absent=False, because="attempts-moved"))
    return Change("identity", puts=tuple(puts), deletes=tuple(deletes), expects=tuple(expects))


def _tally(row: Attempts | None) -> Tally:
    return Tally() if row is None else Tally(row.failures, row.first_at, row.last_at, row.until_at)
