"""The terminal as the commands see it: handed in, so that a test is a terminal too."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from getpass import getpass
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from lockhouse.access.step_up import FRESH_MS
from lockhouse.errors import Invalid, Unproven
from lockhouse.faces.cli.who import now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

MAX_LINE = 4_096
"""Longest line read from standard input; an identifier is far shorter."""
_MOVES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)")
"""Signs that move a cursor, colour a screen or turn the order of letters around."""


def still(text: str) -> str:
    """Text of lines that moves nothing on the screen, whoever chose it: a house elsewhere, or whoever wrote a draft."""
    return _MOVES.sub("\N{REPLACEMENT CHARACTER}", text)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends a question at once. An event loop only notes it, and the deed would go on with the next answer."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@dataclass(slots=True, kw_only=True)
class Terminal:
    """Where a call reads from and writes to.

    Attributes:
        talks: whether a person sits there and can be asked.
        ask_hidden: asks for something that is not to stay on the screen.
        pause: waits so many seconds, while somebody answers elsewhere.
        seconds: a clock that only goes forward.
    """

    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    talks: bool = field(default_factory=lambda: sys.stdin.isatty() and sys.stderr.isatty())
    ask_hidden: Callable[[str], str] = getpass
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    seconds: Callable[[], float] = monotonic

    def say(self, text: str) -> None:
        """Print an answer."""
        self.stdout.write(still(text if text.endswith("\n") else text + "\n"))
        self.stdout.flush()

    def tell(self, text: str) -> None:
        """Print what is not the answer: progress, hints, errors."""
        self.stderr.write(still(text if text.endswith("\n") else text + "\n"))
        self.stderr.flush()

    def ask(self, question: str, *, default: str = "", instead: str = "--yes") -> str:
        """What the person types, or the default; `instead` is what a script says.

        Raises:
            Invalid: nobody is there to be asked, or they ended the input (Ctrl-D).
            Unproven: it came too late for whoever was let in.
            KeyboardInterrupt: they pressed Ctrl-C.
        """
        if not self.talks:
            raise Invalid("terminal", "somebody to answer a question", got="none", hint=f"say {instead}, or see --help")
        self.stderr.write(still(f"{question} [{default}]: " if default else f"{question}: "))
        self.stderr.flush()
        with self._soon(), _interruptible():
            typed = self.stdin.readline(MAX_LINE)
        if not typed:
            raise Invalid("terminal", "an answer", got="the end of the input")
        return typed.strip() or default

    def personal(self, name: str, source: str | None, *, example: str) -> str:
        """A person's value: typed without echo at a prompt, or one line of standard input when `source` is `-`.

        Raises:
            Invalid: it stood on the command line, or there is neither prompt nor pipe.
            Unproven: as `ask`.
        """
        if source not in {None, "-"}:
            raise Invalid(
                name, "a personal value at the prompt, or piped in with -", got="one on the command line",
                hint=f"what is typed there stays in the shell's history and in ps; {example}",
            )  # fmt: skip
        try:
            with self._soon(), _interruptible():
                typed = self.stdin.readline(MAX_LINE) if source == "-" else self._hidden(name, example)
        except (EOFError, UnicodeDecodeError) as err:
            raise Invalid(name, "one line in UTF-8", got="something else") from err
        if not typed.strip():
            raise Invalid(name, "one line with a value", got="an empty one")
        return typed.strip()

    @contextmanager
    def _soon(self) -> Iterator[None]:
        """An answer comes while what a member proved, or that they are one, is not older than a proof may be.

        A command asks who acts once, as it begins; a question left open would keep it for as long as nobody answers.
        """
        begun = self.seconds()
        yield
        if now().kind in {"member", "token"} and (self.seconds() - begun) * 1000 >= FRESH_MS:
            raise Unproven("answer: expected one within five minutes, got a later one", hint="nothing was done; again")

    def _hidden(self, name: str, example: str) -> str:
        if not self.talks:
            is_piped = example.rstrip("`").endswith(" -")
            piped = example if is_piped else f"at a terminal {example}, or piped in {example} -"
            raise Invalid(name, "a terminal to ask at, or - to read one line of input", got="neither", hint=piped)
        return self.ask_hidden(f"{name}: ")

    @contextmanager
    def progress(self, what: str, *, total: int | None = None, shown: bool = True) -> Iterator[Callable[[int], None]]:
        """A bar for something long; call what it gives with how much was done. Silent where nobody looks."""
        if not (self.talks and shown):
            yield lambda _done: None
            return
        # Imported here: most commands never show a bar.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import Progress  # noqa: PLC0415

        with Progress(console=Console(file=self.stderr), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.update(task, advance=done)
