"""`request asked` and `request settle`: what a provider passed on is listed, said to be late, and settled once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.gates.asked import DUE_DAYS, take_in
from lockhouse.model.event import Demand
from lockhouse.model.ids import DAY_MS
from lockhouse.wiring import opened
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.found()
    return made


def _passed_on(desk: Desk, own: bytes) -> None:
    async def come() -> None:
        async with opened(desk.house, role="work", clock=desk.clock) as house:
            wanted = Demand(what="access", identifiers=(), reference="R-17")
            assert await take_in(house.house, own, wanted, channel=1, persons=[bytes(16)], by="service:collect")

    asyncio.run(come())


def test_nothing_was_passed_on_and_the_list_says_so(desk: Desk) -> None:
    assert "no provider passed on a request" in desk.call("request asked").out
    assert desk.call("request asked", json=True).value == []


def test_a_request_is_listed_until_it_is_settled_by_one_word_and_once(desk: Desk) -> None:
    _passed_on(desk, b"a" * 16)
    [one] = desk.call("request asked", json=True).value
    assert (one["what"], one["reference"], one["overdue"], one["settled_at"]) == ("access", "R-17", False, None)
    desk.clock.now += (DUE_DAYS + 1) * DAY_MS
    assert "overdue" in desk.call("request asked").out
    doctor = {each["check"]: each["state"] for each in desk.call("doctor", json=True).value["results"]}
    assert doctor["asked"] == "FAIL"
    line = f"request settle {one['asked']} --reason"
    assert desk.call([*line.split(), "two words"]).code == 2
    done = desk.call(f"{line} answered", json=True)
    assert (done.code, done.value["reason"]) == (0, "answered")
    assert desk.call(f"{line} answered").code == 6
    listed = desk.call("request asked").out
    assert ("answered" in listed, "overdue" in listed) == (True, False)


def test_an_id_that_is_none_or_unknown_is_said_to_be_one(desk: Desk) -> None:
    assert desk.call("request settle nonsense --reason done").code == 2
    unknown = desk.call(f"request settle {'0' * 32} --reason done")
    assert (unknown.code, "request asked" in unknown.err) == (5, True)
