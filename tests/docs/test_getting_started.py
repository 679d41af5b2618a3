"""Every console line of docs/getting-started.md, in its order, on a real house; the demo ends with the same lines."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.faces.demo.onward import ACTIVATE, LINES, onward
from lockhouse.faces.demo.place import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "getting-started.md"
EMAIL = "anna@customer.example"
PROMPTS = {"init": "\n" * 4, "person find": f"{EMAIL}\n"}
WAIT_S = 60.0
pytestmark = [pytest.mark.xdist_group("demo")]


def _lines() -> list[str]:
    fences = re.findall(r"^```console\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for fence in fences for line in fence.splitlines() if line.startswith("$ ")]


class Person:
    """Somebody who types line after line at a terminal of their own."""

    def __init__(self, folder: Path) -> None:
        (folder / ".venv").symlink_to(sys.prefix)
        ports = free_ports(3)
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.folder = folder
        self.serving: subprocess.Popen[bytes] | None = None
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCKHOUSE_")} | {
            "XDG_CONFIG_HOME": str(folder / "config"), "LOCKHOUSE_LISTEN_COLLECT": f"127.0.0.1:{ports[0]}",
            "LOCKHOUSE_LISTEN_METRICS": f"127.0.0.1:{ports[1]}", "LOCKHOUSE_LISTEN_CONSOLE": f"127.0.0.1:{ports[2]}",
        }  # fmt: skip

    def types(self, line: str, answers: str = "") -> str:
        """The line in a shell, with what is typed at its questions; everything the screen then shows."""
        ours, theirs = pty.openpty()
        after = '; printf "key=%s\\n" "$KEY"' if line.startswith("read ") else ""
        command = f"{ACTIVATE} && {line.replace('http://127.0.0.1:8400', self.url)}{after}"
        shell = subprocess.Popen(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        waiting = answers.encode().splitlines(keepends=True)
        if line.startswith("read "):  # asks without a word
            os.write(ours, waiting.pop())
        screen = _screen(ours, waiting)
        assert shell.wait(WAIT_S) == 0, screen
        return screen

    def serves(self, line: str) -> None:
        """The line, beside everything that is typed later."""
        command = f"{ACTIVATE} && exec {line.removesuffix(' &')}"
        self.serving = subprocess.Popen(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


def _screen(terminal: int, answers: list[bytes]) -> str:
    """What is shown until the end; each question that stands at the end of it is answered with the next answer."""
    shown, until = b"", time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # whoever wrote to it has ended
            break
        shown += part
        if answers and shown.endswith(b": "):  # what is typed before a hidden question is thrown away
            os.write(terminal, answers.pop(0))
    os.close(terminal)
    return shown.decode()


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    somebody = Person(tmp_path)
    yield somebody
    if somebody.serving is not None:
        somebody.serving.send_signal(signal.SIGTERM)
        assert somebody.serving.wait(WAIT_S) == 0


def test_the_page_and_the_demos_end_have_the_same_lines() -> None:
    assert _lines() == [ACTIVATE, *LINES]
    shown = [line.partition("    # ")[0] for line in onward()]
    assert shown in ([*LINES], [ACTIVATE, *LINES])


def test_every_line_does_what_the_page_says(person: Person) -> None:
    shown: dict[str, str] = {}
    answers = {line: text for line in _lines() for word, text in PROMPTS.items() if word in line}
    for line in _lines():
        if line.endswith("&"):
            person.serves(line)
            continue
        shown[line] = person.types(line, answers.get(line, ""))
        if "channel add" in line:
            [key] = re.findall(r"^  (lhs_\S+)\r?$", shown[line], re.MULTILINE)
            answers["read -rs KEY"] = f"{key}\n"
        if line.startswith("read "):
            person.environment["KEY"] = re.findall(r"key=(lhs_\S+)", shown[line])[0]
    init, _, _, sent, why, found = (shown[line] for line in _lines() if line in shown and line != ACTIVATE)
    assert "Policy v1 rules now" in init
    assert '"outcome":"stored"' in sent
    assert "LH-0000" in why
    assert "1 record" in found
    assert EMAIL not in found.partition("person ")[2]
