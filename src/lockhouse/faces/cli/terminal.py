"""The terminal as the commands see it: handed in, so that a test is a terminal too."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from getpass import getpass
from typing import TYPE_CHECKING, TextIO

from lockhouse.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

MAX_LINE = 4_096
"""Longest line read from standard input; an identifier is far shorter."""


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
    """

    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    talks: bool = field(default_factory=lambda: sys.stdin.isatty() and sys.stderr.isatty())
    ask_hidden: Callable[[str], str] = getpass
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    def say(self, text: str) -> None:
        """Print an answer."""
        self.stdout.write(text if text.endswith("\n") else text + "\n")
        self.stdout.flush()

    def tell(self, text: str) -> None:
        """Print what is not the answer: progress, hints, errors."""
        self.stderr.write(text if text.endswith("\n") else text + "\n")
        self.stderr.flush()

    def ask(self, question: str, *, default: str = "", instead: str = "--yes") -> str:
        """What the person types, or the default; `instead` is what a script says.

        Raises:
            Invalid: nobody is there to be asked, or they ended the input (Ctrl-D).
            KeyboardInterrupt: they pressed Ctrl-C.
        """
        if not self.talks:
            raise Invalid("terminal", "somebody to answer a question", got="none", hint=f"say {instead}, or see --help")
        self.stderr.write(f"{question} [{default}]: " if default else f"{question}: ")
        self.stderr.flush()
        with _interruptible():
            typed = self.stdin.readline(MAX_LINE)
        if not typed:
            raise Invalid("terminal", "an answer", got="the end of the input")
        return typed.strip() or default

    def personal(self, name: str, source: str | None, *, example: str) -> str:
        """A person's value: typed without echo at a prompt, or one line of standard input when `source` is `-`.

        Raises:
            Invalid: it stood on the command line, or there is neither prompt nor pipe.
        """
        if source not in {None, "-"}:
            raise Invalid(
                name, "a personal value at the prompt, or piped in with -", got="one on the command line",
                hint=f"what is typed there stays in the shell's history and in ps; {example}",
            )  # fmt: skip
        try:
            with _interruptible():
                typed = self.stdin.readline(MAX_LINE) if source == "-" else self._hidden(name, example)
        except (EOFError, UnicodeDecodeError) as err:
            raise Invalid(name, "one line in UTF-8", got="something else") from err
        if not typed.strip():
            raise Invalid(name, "one line with a value", got="an empty one")
        return typed.strip()

    def _hidden(self, name: str, example: str) -> str:
        if not self.talks:
            raise Invalid(name, "a terminal to ask at, or - to read one line of input", got="neither", hint=example)
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
