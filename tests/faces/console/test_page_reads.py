"""What a page of channels, recipients and the ledger reads does not grow with what the house holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockhouse.flows.channel import make_credential
from lockhouse.gates.sent import MOST
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import Outbox
from tests.faces.console.channels_world import channels, sent
from tests.faces.console.world import HOST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.model.ports import Reads
    from tests.faces.console.world import Browser, Console

PAGES = ("/", "/channels", "/channels/web", "/recipients", "/recipients/courier", "/ledger", "/ledger?kind=hold")
MOST_READS = 80
"""Reads of the stores that one page makes: each is one statement, or a few."""


@dataclass
class Counted:
    """`Reads` that counts: how often it was asked, and how many rows it gave."""

    of: Reads
    asked: int = 0
    rows: int = 0

    async def get(self, row: Any, keys: Any) -> Any:
        found = await self.of.get(row, keys)
        self.asked, self.rows = self.asked + 1, self.rows + len(found)
        return found

    async def find(self, row: Any, by: Any, values: Any, **more: Any) -> Any:
        found = await self.of.find(row, by, values, **more)
        self.asked, self.rows = self.asked + 1, self.rows + len(found)
        return found

    async def scan(self, row: Any, **more: Any) -> AsyncIterator[Any]:
        self.asked += 1
        async for some in self.of.scan(row, **more):
            self.rows += len(some)
            yield some


async def _reads(made: Console, keeper: Browser, path: str) -> tuple[int, int]:
    house = made.house
    house.reads = counted = Counted(house.reads)
    try:
        assert (await keeper.get(path)).status_code == 200
    finally:
        house.reads = counted.of
    return counted.asked, counted.rows


async def _more(made: Console, people: int) -> None:
    """So many more people, events, sends of each kind and entries."""
    for number in range(people):
        now = made.clock.at
        await sent(made, "web", country="DE", email=f"p{number}-{now}@customer.example", message_id=f"{number}-{now}")
    courier, ids = made.house.live().policy.recipients["courier"].id, made.house.ids
    rows = [Outbox(ids.new(), courier, ids.new(), ids.new(), state, 0, made.clock.at, "objected")
            for state in (1, 2) for _ in range(people * 4)]  # fmt: skip
    await made.house.commits.commit(Change("record", puts=tuple(Put(Outbox.TABLE, row) for row in rows)))
    for _ in range(people):
        await make_credential(made.house, "backend", by=HOST)
    await made.log.sequencer.seal_ledger()


async def test_a_page_reads_as_much_of_a_large_house_as_of_a_small_one(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        await _more(made, 10)
        before = {path: await _reads(made, keeper, path) for path in PAGES}
        await _more(made, 40)
        after = {path: await _reads(made, keeper, path) for path in PAGES}
        for path in PAGES:
            assert after[path][0] <= max(before[path][0], 1) + 3, path  # the same statements: none a row
            assert after[path][0] <= MOST_READS, path
            bound = before[path][1] + 3 * MOST + 40 if "recip" in path or path == "/" else before[path][1] + 1_100
            assert after[path][1] <= bound, path


async def test_a_channel_s_page_reads_its_own_keys_and_no_other_channel_s(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        before = await _reads(made, keeper, "/channels/web")
        for _number in range(30):
            await make_credential(made.house, "backend", by=HOST)
        assert await _reads(made, keeper, "/channels/web") == before
        await make_credential(made.house, "web", by=HOST)
        assert await _reads(made, keeper, "/channels/web") == (before[0], before[1] + 1)


async def test_one_s_own_account_and_sign_out_read_nothing_of_colleagues(tmp_path: Path) -> None:
    async with channels(tmp_path) as (made, keeper, _):
        before = await _reads(made, keeper, "/account")
        others = [await made.hired(f"n{number}") for number in range(5)]
        assert await _reads(made, keeper, "/account") == before
        ours = await keeper.get("/account")
        made.house.reads = counted = Counted(made.house.reads)
        done = await keeper.post("/sign-out", {}, on=ours)
        assert (done.status_code, len(others)) == (303, 5)
        assert counted.rows <= 4  # the session twice, the account, its roles
