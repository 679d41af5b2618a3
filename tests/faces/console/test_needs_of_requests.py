"""The overview of whoever answers requests tells of what a provider passed on, and when it is late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.gates.asked import find_asked, settle, take_in
from lockhouse.gates.authority import signed
from lockhouse.model.change import Change, Put
from lockhouse.model.event import Demand
from lockhouse.model.rows import Asked
from tests.faces.console.channels_world import RICH, channels

if TYPE_CHECKING:
    from pathlib import Path

OWN = b"a" * 16
ANSWERING = RICH.replace("keeper: {may: [", "keeper: {may: [request.list, ", 1)


async def test_a_request_that_was_passed_on_stands_on_the_overview_until_it_is_settled(tmp_path: Path) -> None:
    assert ANSWERING != RICH
    async with channels(tmp_path, policy=ANSWERING) as (made, keeper, watcher):
        assert "passed on" not in (await keeper.get("/")).text
        wanted = Demand(what="access", identifiers=())
        assert await take_in(made.house, OWN, wanted, channel=1, persons=[], by="service:collect")
        page = await keeper.get("/")
        assert ("A provider passed on a request" in page.text, "lockhouse request settle" in page.text) == (True, True)
        assert "passed on" not in (await watcher.get("/")).text, "it is for whoever may see requests"
        row = await find_asked(made.house, OWN)
        await settle(made.house, row, reason="answered", by="staff:" + "ab" * 16)
        assert "passed on" not in (await keeper.get("/")).text


async def test_a_request_past_its_day_is_said_to_be_overdue(tmp_path: Path) -> None:
    async with channels(tmp_path, policy=ANSWERING) as (made, keeper, _):
        wanted = Demand(what="access", identifiers=())
        assert await take_in(made.house, OWN, wanted, channel=1, persons=[], by="service:collect")
        row = await find_asked(made.house, OWN)
        late = signed(msgspec.structs.replace(row, due_at=made.clock.at, mac=b""), made.house.integrity_key)
        await made.house.commits.commit(Change("record", puts=(Put(Asked.TABLE, late),)))
        assert "A request that a provider passed on is overdue" in (await keeper.get("/")).text
