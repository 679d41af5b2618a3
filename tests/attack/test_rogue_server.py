"""A machine that stands in for the house answers a command line that asks with `--server`.

Attackers: whoever took over the name or the host that somebody's script asks; who looks over the logs between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.faces.cli.house import Desk
from tests.faces.cli.remote import URL

if TYPE_CHECKING:
    from pathlib import Path

PERSON, ENTRY = "0" * 31 + "1", "0" * 31 + "2"
ESCAPES = "\x1b]0;yours\x07\x1b[2Jnothing was noted\r\u202e"


class Rogue(httpx.BaseTransport):
    """Answers whatever is asked with the same."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self._status, self._body = status, body
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        kind = "application/json" if self._status == 200 else "application/problem+json"
        return httpx.Response(self._status, json=self._body, headers={"Content-Type": kind})


def _desk(folder: Path, transport: Rogue) -> Desk:
    made = Desk(folder)
    made.environment["LOCKHOUSE_TOKEN"] = "lh_" + "a" * 40
    made.transport = transport
    return made


def _is_plain(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def test_an_answer_moves_no_cursor_and_colours_no_screen(tmp_path: Path) -> None:
    told = {"person": PERSON, "field": "email", "entry": ENTRY, "because": [ESCAPES]}
    desk = _desk(tmp_path, Rogue(200, told))
    seen = desk.call(f"--server {URL} person explain {PERSON} email")
    assert (seen.code, "nothing was noted" in seen.out) == (0, True), seen.err
    assert _is_plain(seen.out)
    assert _is_plain(desk.call(f"--server {URL} person explain {PERSON} email", json=True).out)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 503])
def test_neither_does_a_refusal(tmp_path: Path, status: int) -> None:
    desk = _desk(tmp_path, Rogue(status, {"detail": ESCAPES, "hint": ESCAPES, "problems": [ESCAPES]}))
    seen = desk.call(f"--server {URL} person explain {PERSON} email")
    assert (seen.code != 0, "nothing was noted" in seen.err) == (True, True)
    assert _is_plain(seen.err)


def test_a_value_that_was_typed_in_place_of_a_field_stands_in_no_address(tmp_path: Path) -> None:
    rogue = Rogue(404, {})
    desk = _desk(tmp_path, rogue)
    for value in ("anna@customers.example", "+4930901820", "A-4711"):
        seen = desk.call(["--server", URL, "person", "explain", PERSON, value])
        assert (seen.code, value in seen.err) == (2, False)
    assert rogue.asked == []
