"""What a member confirms of a command line without seeing it: words that hide, people in a file, answers that wait."""

from __future__ import annotations

import html
import io
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Unproven
from lockhouse.faces.cli.duties import Typed, meant
from lockhouse.faces.cli.terminal import Terminal
from lockhouse.faces.cli.who import Who, acts
from tests.faces.cli.office import Office, confirm

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

PEOPLE = "login,name,roles\neve@shop.example,Eve,admin\nmia@shop.example,Mia,support\n"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    found = Office(tmp_path)
    found.signed_in(found.ada)
    return found


def _reading(
    office: Office, pages: list[str], *, first: Callable[[], None] = lambda: None
) -> Callable[[], Awaitable[Any]]:
    """Ada reads what asks, and confirms it; `first` happens just before."""

    async def act(browser: Any) -> None:
        first()
        form = await browser.get("/device")
        asked = await browser.post("/device", {"shown": office.code}, on=form)
        pages.append(html.unescape(asked.text))
        await confirm(browser, office.code)

    return lambda: office.at(office.ada, act)


def test_who_is_invited_stands_on_the_page_that_confirms_it(office: Office) -> None:
    pages: list[str] = []
    office.answering(_reading(office, pages))
    seen = office.call("staff invite -", typed="eve@shop.example\nEve\n", json=True)
    assert seen.code == 0, seen.err
    assert ("login: eve@shop.example" in pages[0], "name: Eve" in pages[0]) == (True, True)


def test_a_list_of_people_that_is_changed_while_it_is_confirmed_invites_those_that_were_confirmed(
    office: Office,
) -> None:
    place, pages = office.desk.house / "people.csv", list[str]()
    place.write_text("login,name,roles\nmia@shop.example,Mia,support\n", "utf-8")
    office.answering(_reading(office, pages, first=lambda: _written(place)))
    seen = office.call("staff import people.csv --links links.jsonl", json=True)
    assert seen.code == 0, seen.err
    assert ("1 person" in pages[0], "support: 1" in pages[0], "SHA-256: " in pages[0]) == (True, True, True)
    assert len(office.call("staff list", json=True).value) == 2, "Ada, and Mia; not Eve"


def _written(place: Path) -> None:
    place.write_text(PEOPLE, "utf-8")


def test_whose_suppression_is_lifted_stands_on_the_page_that_confirms_it(office: Office) -> None:
    office.holds(office.ada, "privacy_officer")
    pages: list[str] = []
    assert office.call("suppression add email - --reason asked", typed="anna@customers.example\n").code == 0
    office.answering(_reading(office, pages))
    seen = office.call("suppression remove email - --reason mistake", typed="anna@customers.example\n")
    assert seen.code == 0, seen.err
    assert "email: anna@customers.example" in pages[0]


def test_a_file_of_consents_that_is_changed_while_it_is_confirmed_is_not_brought_in(office: Office) -> None:
    office.holds(office.ada, "privacy_officer")
    place, pages = office.desk.house / "words.csv", list[str]()
    head = "email,purpose,state,time\n"
    place.write_text(f"{head}anna@customers.example,marketing,denied,2026-11-01T00:00:00Z\n", "utf-8")

    def swapped() -> None:
        place.write_text(f"{head}anna@customers.example,marketing,granted,2026-11-01T00:00:00Z\n", "utf-8")

    office.answering(_reading(office, pages, first=swapped))
    seen = office.call("consent import words.csv", json=True)
    assert ("SHA-256: " in pages[0], seen.code) == (True, 6), seen.err
    assert "expected it to stay as it was" in seen.err


def test_what_a_command_is_handed_is_part_of_what_is_confirmed() -> None:
    typed = Typed("staff import", ("people.csv",), ("1 person", "SHA-256: aa"))
    other = typed._replace(beside=("1 person", "SHA-256: bb"))
    bare = Typed("staff import", ("people.csv",))
    assert len({meant(one, "staff-invite").hash for one in (typed, other, bare)}) == 3
    assert typed.text.splitlines() == ["lockhouse staff import people.csv", "1 person", "SHA-256: aa"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("A", "admin"), "lockhouse staff role give A admin"),
        (("A admin",), "lockhouse staff role give 'A admin'"),
        (("A\n\n\nadmin",), "lockhouse staff role give 'A\ufffd\ufffd\ufffdadmin'"),
        (("A\u202enimda", "x\x1b[8m"), "lockhouse staff role give 'A\ufffdnimda' 'x\ufffd[8m'"),
        (("", "admin"), "lockhouse staff role give '' admin"),
    ],
)  # fmt: skip
def test_no_word_of_a_command_hides_or_turns_another_where_a_member_reads_it(
    words: tuple[str, ...], shown: str
) -> None:
    assert Typed("staff role give", words).text == shown


@pytest.mark.parametrize("kind", ["member", "token"])
def test_an_answer_at_a_prompt_that_comes_after_five_minutes_is_no_ones_any_more(kind: Any) -> None:
    for late, times in ((False, [0.0, 299.0]), (True, [0.0, 300.0])):
        with acts(Who(kind=kind)):
            for ask in (_asked, _piped):
                terminal = _terminal(iter(times))
                if late:
                    with pytest.raises(Unproven, match="within five minutes"):
                        ask(terminal)
                else:
                    assert ask(terminal) == "yes"


def test_the_machines_own_user_is_not_hurried() -> None:
    assert _asked(_terminal(iter([0.0, 3_600.0]))) == "yes"


def _asked(terminal: Terminal) -> str:
    return terminal.ask("Sure?")


def _piped(terminal: Terminal) -> str:
    return terminal.personal("email", None, example="x")


def _terminal(times: Iterator[float]) -> Terminal:
    return Terminal(
        stdin=io.StringIO("yes\n"), stdout=io.StringIO(), stderr=io.StringIO(), talks=True,
        ask_hidden=lambda _question: "yes", seconds=lambda: next(times),
    )  # fmt: skip


def test_nobody_was_invited_where_the_page_was_refused(office: Office) -> None:
    async def refuse(browser: Any) -> None:
        page = await browser.post("/device", {"shown": office.code}, on=await browser.get("/device"))
        await browser.post("/device/refuse", {"shown": office.code}, on=page)

    office.answering(lambda: office.at(office.ada, refuse))
    assert office.call("staff invite -", typed="eve@shop.example\nEve\n").code == 3
    assert len(office.call("staff list", json=True).value) == 1
