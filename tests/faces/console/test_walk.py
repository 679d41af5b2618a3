"""One walk over every page of the console, taken from its route table, by everybody who may open it and who may not.

What stands in the house is hostile wherever somebody can type. The table is kept by hand: a route that has no row in it
fails, and so does a row without its route.
"""

from __future__ import annotations

import html
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.faces.console.app import PAGES
from lockhouse.faces.console.catalogue import LANGUAGES, SOURCE
from tests.faces.console.agents import find, path_of
from tests.faces.console.english import left
from tests.faces.console.hostile import EMAIL, HOSTILE, POLICY, ROLES, SCRIPT, THEIRS, asked, invited, settle
from tests.faces.console.markup import Markup, problems, said
from tests.faces.console.world import Browser, Console, console

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

EXPECTED = """
page               chief  support  auditor  admin  keeper  desk  lead  none  stranger
access-review      200    403      200      200    403     403   403   403   303
account            200    200      200      200    200     200   200   200   303
channels           200    403      403      403    200     403   403   403   303
channel            200    403      403      403    200     403   403   403   303
components         200    200      200      200    200     200   200   200   303
device             200    200      200      200    200     200   200   200   303
enrol              200    200      200      200    200     200   200   200   200
find               200    200      403      403    403     200   403   403   303
purposes           200    200      403      403    403     200   403   403   303
grants             200    403      403      403    403     200   200   403   303
identifiers        200    200      200      200    200     200   200   200   303
identity-back      404    404      404      404    404     404   404   404   404
ledger             200    403      200      403    200     403   403   403   303
ledger-entry       200    403      200      403    200     403   403   403   303
channel-live       200    403      403      403    200     403   403   403   303
channel-live-rows  200    403      403      403    200     403   403   403   303
overview           200    200      200      200    200     200   200   200   303
person             200    200      403      403    403     404   403   403   303
person-records     200    200      403      403    403     404   403   403   303
person-looks       200    200      403      403    403     404   403   403   303
policy             200    403      403      200    403     403   403   403   303
policy-matrix      200    403      403      200    403     403   403   403   303
policy-draft       200    403      403      200    403     403   403   403   303
policy-version     200    403      403      200    403     403   403   403   303
recipients         200    403      403      403    200     403   403   403   303
recipient          200    403      403      403    200     403   403   403   303
sessions           200    403      403      200    403     403   403   403   303
sign-in            303    303      303      303    303     303   303   303   200
signed-out         200    200      200      200    200     200   200   200   200
lost               200    200      200      200    200     200   200   200   200
staff              200    403      200      200    403     403   403   403   303
staff-member       200    403      200      200    403     403   403   403   303
tokens             200    403      403      403    403     403   403   403   303
token              200    403      403      403    403     403   403   403   303
"""
HEADS, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
TABLE = {row[0]: dict(zip(HEADS[1:], map(int, row[1:]), strict=True)) for row in ROWS}
ROUTES = {route.name: route for subject in PAGES for route in subject.ROUTES if "GET" in route.methods}
_SHOWS = """
    access-review channel grants ledger ledger-entry person person-records policy purposes recipient sessions staff
    staff-member
"""
SHOWS = frozenset(_SHOWS.split())
"""Pages that show, beside the names of the company and of who is signed in, a text that somebody typed."""
NAMES = 2
"""How often those two names stand on every page."""


@dataclass(slots=True, kw_only=True)
class Walk:
    """A hostile house, and somebody of each role at a desk of their own, who reads it in one language.

    Attributes:
        refs: the address of the one person in each session that finds them; who finds nobody has none.
    """

    made: Console
    language: str
    desks: dict[str, Browser]
    ids: dict[str, str]
    refs: dict[str, str]

    async def open(self, name: str, who: str) -> httpx.Response:
        """A page as somebody is answered it."""
        return await self.desks[who].get(ROUTES[name].path.format(**self.ids, ref=self.refs.get(who, "A" * 60)))


@asynccontextmanager
async def walk(tmp_path: Path, language: str) -> AsyncIterator[Walk]:
    """See `Walk`; everybody's account has the language, and their browsers ask for it."""
    async with console(tmp_path, policy=POLICY, name=HOSTILE) as made:
        settled = await settle(made.house)
        desks, refs, ids = {}, {}, dict(settled.ids)
        for who in ("chief", *[one for one in ROLES if one != "chief"], "none", "stranger"):
            desks[who] = made.another()
            desks[who].language = language
            if who == "stranger":
                continue
            own, link = await invited(made.house, who, *({who} & {*ROLES}), language=language)
            assert (await desks[who].enrol(link, name=HOSTILE[:60])).status_code == 303
            if who == "chief":
                ids["grant"] = (await asked(made.house, own, settled.person)).hex()
                chosen = await desks[who].post(
                    "/purpose", {"purpose": "fulfilment"}, on=await desks[who].get("/purpose")
                )
                assert chosen.status_code == 303
            if who in {"chief", "support"}:
                refs[who] = path_of(await find(desks[who], EMAIL)).rpartition("/")[2]
        yield Walk(made=made, language=language, desks=desks, ids=ids, refs=refs)


def test_the_table_names_every_page_of_the_route_table_once() -> None:
    assert [row[0] for row in ROWS] == list(ROUTES), "a new page needs its row"
    assert HEADS[1:] == [*sorted(ROLES, key=HEADS.index), "none", "stranger"]
    assert set(ROUTES) >= SHOWS


@pytest.mark.asvs("8.2.1")
@pytest.mark.parametrize("language", sorted(LANGUAGES))
async def test_every_page_is_sound_for_everybody_in_a_house_where_all_that_is_typed_is_hostile(
    tmp_path: Path, language: str
) -> None:
    async with walk(tmp_path, language) as one:
        wrong: list[Any] = []
        for name, row in TABLE.items():
            for who, status in row.items():
                answer = await one.open(name, who)
                if answer.status_code != status:
                    wrong.append((name, who, answer.status_code))
                wrong += [(name, who, *what) for what in _wrong_with(answer, name, language)]
        assert wrong == []
        assert one.made.incidents == []


def _wrong_with(answer: httpx.Response, name: str, language: str) -> list[tuple[str, ...]]:
    if answer.status_code == 303:
        return [] if answer.headers["location"] in {"/sign-in", "/"} else [("leads to", answer.headers["location"])]
    if answer.headers["content-type"] == "application/json":
        return [] if name == "channel-live-rows" else [("is no page",)]
    connects = name == "channel-live" and answer.status_code == 200
    found: list[tuple[str, ...]] = [(what,) for what in problems(answer, language=language, connects=connects)]
    page = Markup(answer.text)
    whole = "\0".join(text for _, text in page.words) + "\0".join(str(node.attrs) for node in page.nodes)
    if SCRIPT not in whole:
        found.append(("the company's name is not shown as it is written",))
    if whole.count(f"{SCRIPT}{{{{7*7}}}}%(name)s&lt;b&gt;") + whole.count(f"{SCRIPT}fdp") < whole.count(SCRIPT) - 8:
        found.append(("what was typed is shown otherwise",))
    if name in SHOWS and answer.status_code == 200 and answer.text.count(html.escape(SCRIPT)) <= NAMES:
        found.append(("no hostile text is on a page that has one to show",))
    if language != SOURCE:
        found += [("is English", *what) for what in left(said(page), language=language, known=THEIRS)]
    return found
