"""The command line signs in at a house that is served, as processes of their own, and somebody confirms in Chromium."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.faces.console.browsing import Desk, invited
from tests.faces.console.world import POLICY
from tests.faces.serve_world import Place, make_place, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("console-browser")]
CODE = re.compile(r"\b[B-Z]{4}-[B-Z]{4}\b")
WAITS_S = 30


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A house whose console is served."""
    with ThreadPoolExecutor(1) as pool:
        made: Place = pool.submit(asyncio.run, make_place(tmp_path_factory.mktemp("line"), policy=None)).result(60)
        pool.submit(asyncio.run, made.approve(POLICY)).result(60)
    made.set(demo=False)
    with served(made, only="console"):
        invited(made, "Jonas Weber")  # the first account is an admin's by itself
        yield made


class Typed:
    """A command that runs, with what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.said = process, ""
        self._has_code = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self.said += line
            if CODE.search(line):
                self._has_code.set()
        self._has_code.set()

    def code(self) -> str:
        """The code that it shows; it waits for an answer from then on."""
        assert self._has_code.wait(WAITS_S)
        found = CODE.search(self.said)
        assert found, self.said
        return found[0]

    def ended(self) -> tuple[int, str]:
        """How it ended, and what it printed."""
        code = self.process.wait(WAITS_S)
        self._reader.join(WAITS_S)
        return code, self.process.stdout.read() if self.process.stdout else ""


class Machine:
    """A shell of the machine, of an account with a home of its own."""

    def __init__(self, place: Place, home: Path) -> None:
        self._place, self._home = place, home

    @contextmanager
    def typed(self, *words: str, given: str = "") -> Iterator[Typed]:
        """One command, while it runs."""
        line = [sys.executable, "-m", "lockhouse", "-C", str(self._place.folder), *words]
        environment = os.environ | {"HOME": str(self._home), "NO_COLOR": "1"}
        with subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        ) as process:
            try:
                if process.stdin is not None:
                    process.stdin.write(given)
                    process.stdin.close()
                yield Typed(process)
            finally:
                process.kill()

    def does(self, *words: str, given: str = "") -> tuple[int, str]:
        """How a command ended that asks nobody anything, and what it printed."""
        with self.typed(*words, given=given) as one:
            return one.ended()


def _confirm(at: Desk, code: str, *, shows: str) -> None:
    """The code is typed on the page, what asks is read, and a passkey answers for it."""
    at.go("/device")
    at.page.get_by_label("The code").fill(code)
    at.page.get_by_role("button", name="See what asks").click()
    at.page.wait_for_selector(f"text={shows}")
    at.look()
    at.page.get_by_role("button", name="I started it: go on").click()
    at.page.wait_for_selector("[data-passkey=get]")
    at.page.locator("[data-passkey=get]").get_by_role("button").click()
    at.page.wait_for_selector("[data-passkey=get]", state="detached")


def test_somebody_signs_in_at_the_command_line_does_what_needs_a_proof_and_signs_out(
    at: Desk, place: Place, tmp_path: Path
) -> None:
    at.page.goto(invited(place, "Mara Lindqvist", role="admin"))
    at.page.get_by_role("button", name="Make a passkey").click()
    at.page.wait_for_url("**/account")
    machine = Machine(place, tmp_path)
    assert machine.does("staff", "list")[0] == 4, "nobody is signed in"
    with machine.typed("sign-in") as asks:
        _confirm(at, asks.code(), shows="A command line asks to work as you")
        assert asks.ended()[0] == 0, asks.said
    code, out = machine.does("whoami")
    assert (code, "Mara Lindqvist" in out or "staff:" in out) == (0, True), out
    assert machine.does("staff", "list")[0] == 0
    with machine.typed("staff", "invite", "-", given="tom@shop.example\nTom Ridley\n") as asks:
        _confirm(at, asks.code(), shows="A command line asks to do this in your name")
        code, out = asks.ended()
        assert (code, "/enrol#" in out) == (0, True), asks.said
    assert machine.does("sign-out")[0] == 0
    assert machine.does("staff", "list")[0] == 4


def test_what_is_refused_in_the_browser_is_not_done_at_the_command_line(at: Desk, place: Place, tmp_path: Path) -> None:
    at.page.goto(invited(place, "Ines Duarte", role="admin"))
    at.page.get_by_role("button", name="Make a passkey").click()
    at.page.wait_for_url("**/account")
    machine = Machine(place, tmp_path)
    with machine.typed("sign-in") as asks:
        at.go("/device")
        at.page.get_by_label("The code").fill(asks.code())
        at.page.get_by_role("button", name="See what asks").click()
        at.page.get_by_role("button", name="Refuse it").click()
        at.page.wait_for_load_state()
        assert asks.ended()[0] == 3, asks.said
    assert machine.does("staff", "list")[0] == 4
