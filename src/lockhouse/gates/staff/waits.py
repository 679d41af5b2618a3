"""Failures of what can be guessed are counted before a try is judged, and taken off again if it was right.

How many, and how long one waits for them, says `access.throttle`.

What is counted stands under keyed tags of what was typed and of the network it came from; whether there is such an
account is asked by nobody here. A tally is moved under an expectation, so that tries at once count one by one; only the
house's own, which makes nobody wait, is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from lockhouse.access.throttle import Scope, Tally, failed, is_shut, is_tight, network_of, taken_off, wait
from lockhouse.errors import Unavailable
from lockhouse.gates.authority import sound
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import Attempts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.gates.house import House

TRIES = 20
Move = Literal["count", "off", "clear"]
OPENED: dict[Scope, Move] = {Scope.ACCOUNT: "clear", Scope.HERE: "clear", Scope.CODE: "clear"}
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
    }  # fmt: skip


def passkey_tags(house: House, *, near: str) -> dict[Scope, bytes]:
    """Where those of a passkey's try stand, which no password is counted by, but for the house's own."""
    keys = house.staff_keys
    return {Scope.PASSKEY: keys.tag("passkey", network_of(near)), Scope.HOUSE: keys.tag("house", b"")}


async def counted(house: House, tags: dict[Scope, bytes]) -> Try:
    """The try, counted as failed everywhere.

    Raises:
        Unavailable: it comes within a wait; then it is not counted. `retry_after_s` says how long that is.
        Tampered: a tally is not as this house writes them.
    """
    before = await moved(house, tags, dict.fromkeys(tags, "count"))
    return Try(tags, frozenset(scope for scope, tally in before.items() if is_shut(tally)))


async def require_no_wait(house: House, tags: Mapping[Scope, bytes]) -> None:
    """Nothing, outside of a wait; for what nobody guesses, which is counted only once it failed.

    Raises:
        Unavailable: it comes within a wait.
        Tampered: a tally is not as this house writes them.
    """
    held = await _held(house, tags)
    _require_no_wait({scope: _tally(row) for scope, row in held.items()}, house.clock.now_ms())


async def moved(house: House, tags: Mapping[Scope, bytes], moves: Mapping[Scope, Move]) -> dict[Scope, Tally]:
    """The tallies as they were before these moves.

    Raises:
        Unavailable: a count comes within a wait, or too many try at once in several processes.
        Tampered: a tally is not as this house writes them.
    """
    async with house.proving.counting:
        for _ in range(TRIES):
            held = await _held(house, tags)
            before = {scope: _tally(row) for scope, row in held.items()}
            now = house.clock.now_ms()
            if "count" in moves.values():
                _require_no_wait(before, now)
            after = _after(
                before, {scope: move for scope, move in moves.items() if move == "count" or held[scope]}, now
            )
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
        raise Unavailable(
            "sign-in: expected a pause after wrong tries", retry_after_s=left / 1_000, hint="wait, then try again"
        )


def _after(before: Mapping[Scope, Tally], moves: Mapping[Scope, Move], now: int) -> dict[Scope, Tally]:
    tight = is_tight(before, now=now)
    after = {}
    for scope, move in moves.items():
        if move == "count":
            after[scope] = failed(scope, before[scope], now=now, tight=tight)
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
