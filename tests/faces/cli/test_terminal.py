"""A question can be left: by Ctrl-C at once, by Ctrl-D with an error; the deed behind it is not done."""

from __future__ import annotations

import asyncio
import io
import os
import signal

import pytest

from lockhouse.errors import Invalid
from lockhouse.faces.cli.terminal import Terminal


class Interrupted(io.StringIO):
    """Somebody presses Ctrl-C while the line is awaited."""

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # as StringIO has it
        os.kill(os.getpid(), signal.SIGINT)
        return super().readline(-1 if size is None else size)


def test_ctrl_c_at_a_question_ends_the_command_before_the_answer_counts() -> None:
    terminal = Terminal(stdin=Interrupted("v3\n"), stdout=io.StringIO(), stderr=io.StringIO(), talks=True)
    done = []

    async def command() -> None:
        done.append(terminal.ask("Type v3 to go on"))

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(command())
    assert done == []
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_d_is_no_answer_and_enter_is_the_default() -> None:
    terminal = Terminal(stdin=io.StringIO("\n"), stdout=io.StringIO(), stderr=io.StringIO(), talks=True)
    assert terminal.ask("Company", default="Northwind") == "Northwind"
    with pytest.raises(Invalid, match="terminal: expected an answer, got the end of the input"):
        terminal.ask("Company", default="Northwind")


@pytest.mark.parametrize(
    ("example", "hint"),
    [
        (
            "lockhouse person find KIND",
            "at a terminal lockhouse person find KIND, or piped in lockhouse person find KIND -",
        ),
        ("echo you@firm.example | lockhouse mail test -", "echo you@firm.example | lockhouse mail test -"),
    ],
)
def test_whoever_asks_without_a_terminal_is_shown_how_to_pipe_the_value_in(example: str, hint: str) -> None:
    terminal = Terminal(stdin=io.StringIO("x\n"), stdout=io.StringIO(), stderr=io.StringIO(), talks=False)
    with pytest.raises(Invalid) as caught:
        terminal.personal("email", None, example=example)
    assert caught.value.hint == hint
