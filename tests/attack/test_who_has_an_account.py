"""Whoever tries logins learns nothing of who has an account: the same words, the same work, the same waits."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.crypto.staff import StaffKeys
from lockhouse.errors import LockhouseError, Unavailable, Unproven
from lockhouse.flows import sign_in, staff
from lockhouse.flows.sign_in import Typed
from lockhouse.gates.staff.sessions import Seen
from tests.authenticator import Authenticator
from tests.flows.signing import BY, cheaply, invited, with_passkey, with_password
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRIES = 2_000
KINDS = ("unknown", "password", "passkey", "invited", "disabled")


class Counted:
    """Passes every call on, and counts it."""

    def __init__(self, behind: Any, tally: Counter[str]) -> None:
        self._behind = behind
        self._tally = tally

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        return self._counting(name, found) if callable(found) else found

    def _counting(self, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            table = getattr(args[0], "TABLE", "") if args else ""
            self._tally[f"{name} {table}".strip()] += 1
            return found(*args, **named)

        return call


class Hashing(Counted):
    """Staff keys of which only what hashes is counted."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        return self._counting(name, found) if name in {"hash", "matches"} else found


@pytest.fixture
async def world(tmp_path: Path) -> World:
    """Members of every kind; each is called as they are."""
    made = await World.make(tmp_path)
    cheaply(made)
    await with_password(made, "password")
    await with_passkey(made, "passkey", authenticator=Authenticator())
    await invited(made, "invited")
    gone = await with_password(made, "disabled")
    await staff.disable(made.house, gone.staff, by=BY)
    return made


async def _try(world: World, kind: str, at: int) -> LockhouseError:
    typed = Typed(f"{kind}@shop.example", f"wrong password {at}", f"{at % 1_000_000:06d}")
    way = sign_in.by_recovery if at % 2 else sign_in.by_password
    try:
        # Each from a network of its own, since the waits are the subject of another test.
        await way(world.house, typed, seen=Seen(f"10.{at >> 16}.{at >> 8 & 255}.{at & 255}", "curl"))
    except LockhouseError as err:
        return err
    raise AssertionError("a wrong password signed in")


@pytest.mark.asvs("6.3.8")
async def test_two_thousand_tries_cost_the_same_work_and_get_the_same_answer(world: World) -> None:
    house, tally = world.house, Counter[str]()
    house.reads, house.commits = Counted(house.reads, tally), Counted(house.commits, tally)
    keys: StaffKeys = Hashing(house.staff_keys, tally)  # type: ignore[assignment]  # passes on whatever it is asked
    house.staff_keys = keys
    answers: set[tuple[object, ...]] = set()
    work: list[dict[str, int]] = []
    for at in range(TRIES):
        tally.clear()
        said = await _try(world, KINDS[at // 2 % len(KINDS)], at)
        answers.add((type(said), said.text, said.hint, getattr(said, "reasons", ())))
        work.append(dict(tally))
    [(kind, text, *_)] = answers
    assert (kind, text) == (Unproven, "sign-in: expected factors that prove who it is")
    by_password = {
        "get attempts": 2, "get staff_login": 1, "get staff": 1, "find factor": 1, "get factor_use": 1, "matches": 1,
        "find failed_sign_in": 1, "get ledger_entry": 1,
        "commit": 3,
    }  # fmt: skip
    assert [one for one in work[0::2] if one != by_password] == []
    assert [one for one in work[1::2] if one != work[1]] == []


@pytest.mark.asvs("6.3.8")
async def test_what_still_differs_is_lost_in_what_one_real_hash_takes(world: World) -> None:
    took: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for at in range(TRIES):
        kind = KINDS[at // 2 % len(KINDS)]
        began = time.perf_counter()
        await _try(world, kind, at)
        took[kind].append(time.perf_counter() - began)
    middles = {kind: statistics.median(times) for kind, times in took.items()}
    real = StaffKeys.of(world.house.integrity_key, house=world.house.id)
    hashes = [_timed(lambda: real.matches("wrong", None)) for _ in range(6)][1:]
    assert max(middles.values()) - min(middles.values()) < statistics.median(hashes) / 100, middles


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


async def test_who_guesses_an_unknown_login_waits_as_long(world: World) -> None:
    waits: dict[str, list[float]] = {}
    for host, kind in enumerate(KINDS):
        seen = Seen(f"192.0.2.{host}", "curl")
        waits[kind] = [await _waits(world, Typed(f"{kind}@shop.example", f"wrong {at}", ""), seen) for at in range(6)]
    assert waits == {kind: [0, 0, 0, 1, 1, 1] for kind in KINDS}


async def _waits(world: World, typed: Typed, seen: Seen) -> float:
    try:
        await sign_in.by_password(world.house, typed, seen=seen)
    except Unavailable as err:
        return err.retry_after_s
    except Unproven:
        return 0
    raise AssertionError("a wrong password signed in")
