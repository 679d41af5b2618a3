"""The lanes of a person's timeline: a mark for each day by channel, low where nothing is seen, and nothing made up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from lockhouse.faces.console.lanes import MARK, MOST, SPAN_MS, WIDTH, drawn
from lockhouse.gates.disclose import Moment
from tests.faces.console.agents import EMAIL, desks, find, send, text_of

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_764_547_200_000
"""2025-12-01."""
DAY = 86_400_000
LONG = "Tarnkappe" * 19
TURNED = "abc\u202edlrow\u2066olleh"


def _moment(channel: str, ago: int, *, shows: bool = True) -> Moment:
    return Moment(channel=channel, at=NOW - ago * DAY, shows=shows)


def test_a_channel_is_a_lane_and_the_one_with_the_most_records_comes_first() -> None:
    found = drawn([_moment("shop", 3), _moment("web", 3), _moment("web", 40), _moment("web", 40)], now=NOW, text=str)
    assert [(one.channel, one.many, len(one.marks)) for one in found.lanes] == [("web", 3, 2), ("shop", 1, 1)]
    assert (found.older, found.others, found.hidden) == (0, 0, 0)
    assert found.words == ("Dec", "Feb", "Apr", "Jun", "Aug", "Oct", "now")


def test_a_day_stands_high_if_anything_of_it_is_seen_and_what_is_hidden_is_counted() -> None:
    some = [_moment("web", 3, shows=False), _moment("web", 3), _moment("web", 9, shows=False)]
    [lane] = drawn(some, now=NOW, text=str).lanes
    assert [mark.shows for mark in lane.marks] == [False, True]
    assert (lane.many, lane.hidden) == (3, 2)


def test_what_is_older_is_counted_and_what_is_dated_ahead_stands_at_the_end() -> None:
    found = drawn([_moment("web", 400), _moment("web", -3_000), _moment("web", -3_001)], now=NOW, text=str)
    assert found.older == 1
    assert [mark.x for mark in found.lanes[0].marks] == [WIDTH - MARK]


def test_channels_beyond_what_is_drawn_are_counted() -> None:
    found = drawn([_moment(f"c{number}", 1) for number in range(MOST + 3)], now=NOW, text=str)
    assert (len(found.lanes), found.others) == (MOST, 3)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2**42), st.booleans()), max_size=50))
def test_every_record_is_in_a_lane_or_older_and_every_mark_within_its_lane(rows: list[tuple[str, int, bool]]) -> None:
    found = drawn([Moment(channel=name, at=at, shows=shows) for name, at, shows in rows], now=NOW, text=str)
    assert sum(lane.many for lane in found.lanes) + found.older == len(rows)
    assert found.older == sum(at < NOW - SPAN_MS for _, at, _ in rows)
    assert all(0 <= mark.x <= WIDTH - MARK for lane in found.lanes for mark in lane.marks)


async def test_the_page_draws_what_came_by_channel_and_says_what_is_hidden_and_older(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        for ago in (5, 60, 400):
            at = made.clock.at - ago * DAY
            await send(made.house, "web", "Order Completed", email=EMAIL, order_id=f"NW-{ago}", at=at)
        page = await find(tom, EMAIL)
        lanes = re.findall(r'<span class="lane">(\w+)</span><svg.*?aria-label="([^"]*)"', page.text)
        assert [name for name, _ in lanes] == ["web", "backend"]
        assert "web: 2 records in twelve months, the last on " in lanes[0][1]
        assert "backend: one record in twelve months, on " in lanes[1][1]
        assert "One older record is not drawn." in text_of(page)
        assert page.text.count('class="c-stored"') == 3


async def test_a_record_of_which_the_role_sees_nothing_is_a_low_mark_and_its_values_stand_nowhere(
    tmp_path: Path,
) -> None:
    async with desks(tmp_path) as (made, tom):
        await send(made.house, "web", "page", email=EMAIL, page_path="/secret-wish")
        await send(made.house, "backend", "Order Completed", email=EMAIL, note="/secret-wish")
        page = await find(tom, EMAIL)
        assert "/secret-wish" not in page.text
        assert page.text.count('class="c-shut"') + page.text.count('class="c-stored"') == 2


async def test_a_turned_and_an_endless_value_are_shown_as_what_they_are(tmp_path: Path) -> None:
    async with desks(tmp_path) as (made, tom):
        for word in (LONG, TURNED, "<b onmouseover=alert(1)>"):
            await send(made.house, "backend", "Order Completed", email=EMAIL, order_id=word)
        page = await find(tom, EMAIL)
        assert not set("\u202e\u2066") & set(page.text)
        assert "abc\N{REPLACEMENT CHARACTER}dlrow" in page.text
        assert LONG not in page.text
        assert LONG[:159] + "…" in page.text
        assert "<b onmouseover" not in page.text
