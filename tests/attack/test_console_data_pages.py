"""The console's pages over channels and the ledger: made to read for ever, to stand still, to say a key back."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.crypto.merkle import inclusion_proof, leaf_hash
from lockhouse.errors import Unavailable
from lockhouse.faces.console.pages import ledger as page_of
from lockhouse.flows import recheck
from lockhouse.flows.channel import make_credential
from lockhouse.flows.pulse import forget_hours
from lockhouse.gates import tree
from lockhouse.gates.one_at_a_time import LEDGER, MOST, OneAtATime
from lockhouse.gates.pulse import BECAME, EVER, HOUR_MS, pulse
from lockhouse.model.change import Change, Count
from lockhouse.model.rows import Drop
from tests.faces.console.channels_world import channels
from tests.faces.console.world import HOST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faces.console.world import Browser, Console


async def _entries(made: Console, many: int) -> None:
    for _ in range(many):
        await make_credential(made.house, "web", by=HOST)
    await made.log.sequencer.seal_ledger()


async def _first(keeper: Browser) -> str:
    found: list[str] = re.findall(r'href="/ledger/entry/([0-9a-f]{32})"', (await keeper.get("/ledger")).text)
    return found[0]


@pytest.mark.parametrize("size", [10**7, 2**62])
async def test_a_size_written_into_the_store_does_not_make_the_ledgers_page_read_for_ever(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _entries(made, 3)
        reads, between = list[int](), tree.between

        async def counted(house: Any, start: int, stop: int, **more: Any) -> Any:
            reads.append(start)
            assert len(reads) < 10, "it counts up to what somebody wrote"
            return await between(house, start, stop, **more)

        with sqlite3.connect(made.folder / "record.db") as db:
            db.execute("UPDATE house SET tree_size = ?", (size,))
        monkeypatch.setattr(tree, "between", counted)
        answer = await keeper.get("/ledger?kind=credential")
        assert answer.status_code == 200
        assert len(re.findall(r'href="/ledger/entry/', answer.text)) == 3  # what stands is found


def _where(told: list[int], inner: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*args: Any) -> Any:
        told.append(threading.get_ident())
        return inner(*args)

    return noted


async def test_others_are_answered_while_somebody_verifies_or_proves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _entries(made, 5)
        own, told = await _first(keeper), list[int]()
        monkeypatch.setattr(tree, "inclusion_proof", _where(told, inclusion_proof))
        monkeypatch.setattr(recheck, "leaf_hash", _where(told, leaf_hash))
        page = await keeper.get("/ledger")
        for deed in ("verify", f"entry/{own}/proof"):
            told.clear()
            assert (await keeper.post(f"/ledger/{deed}", {}, on=page)).status_code == 200
            assert told
            assert threading.get_ident() not in told  # not in the thread that answers


async def test_work_as_large_as_the_log_is_done_once_at_a_time_and_few_wait_for_it() -> None:
    turns, go, running, most = OneAtATime("ledger"), asyncio.Event(), 0, 0

    async def work() -> bool:
        nonlocal running, most
        try:
            async with turns.turn():
                running += 1
                most = max(most, running)
                await go.wait()
                running -= 1
        except Unavailable:
            return False
        return True

    tasks = [asyncio.create_task(work()) for _ in range(50)]
    await asyncio.sleep(0)
    go.set()
    done = await asyncio.gather(*tasks)
    assert (sum(done), most) == (MOST, 1)
    assert await work()  # whoever was turned away may come again


async def _turn() -> None:
    async with LEDGER.turn():
        pass


async def test_many_who_want_a_proof_at_once_are_told_to_come_later(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _entries(made, 3)
        own = await _first(keeper)
        page = await keeper.get(f"/ledger/entry/{own}")
        async with LEDGER.turn():
            waiting = [asyncio.create_task(_turn()) for _ in range(MOST - 1)]
            await asyncio.sleep(0)
            busy = await keeper.post(f"/ledger/entry/{own}/proof", {}, on=page)
        await asyncio.gather(*waiting)
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
        assert (await keeper.post(f"/ledger/entry/{own}/proof", {}, on=page)).status_code == 200


async def test_of_a_long_log_the_page_says_where_a_proof_is_made_and_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _entries(made, 3)
        own = await _first(keeper)
        page = await keeper.get(f"/ledger/entry/{own}")
        monkeypatch.setattr(page_of, "MOST_PROVED", 2)
        assert (await keeper.post(f"/ledger/entry/{own}/proof", {}, on=page)).status_code == 409
        told = (await keeper.get(f"/ledger/entry/{own}")).text
        assert f"lockhouse ledger prove {own}" in told
        assert f'action="/ledger/entry/{own}/proof"' not in told


async def test_a_whole_key_that_somebody_types_is_not_said_back(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        secret = await make_credential(made.house, "web", by=HOST)
        key = secret.reveal().decode()  # house: allow no-reveal: a test
        answer = await keeper.post("/channels/web/end", {"key": key}, on=await keeper.get("/channels/web"))
        assert answer.status_code == 409
        assert key[8:] not in answer.text


async def test_an_hour_with_thousands_of_digits_keeps_no_other_from_being_forgotten(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, _keeper, _):
        number, reason = made.house.live().policy.channels["web"].id, f"{BECAME}stored"
        old = str(made.clock.at // HOUR_MS - 10 * 24)
        for path in (old, "1" * 5_000):
            await made.house.commits.commit(Change("record", counts=(Count(number, path, reason, 1, 1),)))
        assert await forget_hours(made.house) == 1
        assert not await made.house.reads.get(Drop, [(number, old, reason)])


def test_each_event_is_counted_by_its_own_hour_and_once_over_all() -> None:
    both = pulse(3, "stored", 5 * HOUR_MS), pulse(3, "stored", 6 * HOUR_MS), pulse(4, "refused", 6 * HOUR_MS)
    assert [(one.channel, one.path, one.by, one.at // HOUR_MS) for one, _ in both] == [
        (3, "5", 1, 5), (3, "6", 1, 6), (4, "6", 1, 6),
    ]  # fmt: skip
    assert [(ever.channel, ever.path, ever.reason) for _, ever in both] == [
        (3, EVER, f"{BECAME}stored"), (3, EVER, f"{BECAME}stored"), (4, EVER, f"{BECAME}refused"),
    ]  # fmt: skip


async def test_of_thousands_of_observed_paths_the_page_makes_lines_for_the_most_frequent(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        tills, at = made.house.live().policy.channels["tills"].id, made.clock.at
        often = [f"Order Completed|properties.often{n:04}" for n in range(1_000)]
        rarely = [f"Order Completed|properties.rarely{n:04}" for n in range(500)]
        counts = [Count(tills, path, "seen.text", 9 if path in often else 1, at) for path in [*rarely, *often]]
        await made.house.commits.commit(Change("record", counts=tuple(counts)))
        page = (await keeper.get("/channels/tills")).text
        assert "often0999" in page
        assert "rarely" not in page
