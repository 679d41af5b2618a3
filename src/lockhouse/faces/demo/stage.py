"""Where the story is told: a terminal with a live board, or plain lines for everything else."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from lockhouse.faces.demo.tally import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockhouse.faces.demo.tally import Line, Tally

LINES_SHOWN = 14
_STYLES = {"stored": "green", "trimmed": "yellow", "refused": "red", "duplicate": "dim"}


class Stage:
    """Says things. With figures asked for as JSON the story goes to standard error, so that the figures stand alone.

    Attributes:
        live: somebody looks at a terminal.
        asks: after the shop's day somebody chooses what happens.
    """

    def __init__(self, *, json: bool, once: bool) -> None:
        self._console = Console(file=sys.stderr if json else sys.stdout, highlight=False)
        self.live = self._console.is_terminal and not json
        self.asks = not once and not json
        self.quiet = json

    def say(self, text: str = "") -> None:
        """A line of the story; a terminal breaks it between words."""
        self._print(escape(text))

    def line(self, text: str) -> None:
        """A line that is to be copied as it is."""
        self._console.print(escape(text), soft_wrap=True)

    def _print(self, text: str | Text) -> None:
        self._console.print(text, soft_wrap=not self._console.is_terminal)

    def act(self, title: str) -> None:
        """A heading."""
        self._console.print()
        self._console.print(Text(title, style="bold"))

    def done(self, text: str) -> None:
        """A step that has been taken."""
        self._print(Text.assemble(("✓ ", "green"), text))

    def ran(self, command: str, output: str) -> None:
        """A command anybody could have typed, and what it printed."""
        self._console.print(Text(f"$ {command}", style="cyan"), soft_wrap=True)
        self.told(output)

    def told(self, output: str) -> None:
        """What a command printed."""
        for line in output.rstrip().splitlines():
            self._print(Text(f"  {line}"))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns under their heads."""
        table = Table(*heads, box=None, pad_edge=False, header_style="dim")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._console.print(table)

    @contextmanager
    def progress(self, what: str, *, total: int) -> Iterator[Callable[[int], None]]:
        """A bar for something long, on a terminal; call what it gives with how much more was done."""
        with Progress(console=self._console, disable=not self.live) as bar:
            task = bar.add_task(what, total=total)
            yield lambda more: bar.advance(task, more)

    @contextmanager
    def board(self, tally: Tally) -> Iterator[Callable[[Line | None], None]]:
        """The board while the block runs; call what it gives with each new line, or None to bring it up to date."""
        if not self.live:
            yield lambda line: None if line is None or self.quiet else self.say(_plain(line))
            self.table(*_totals(tally))
            return
        lines: list[Line] = []

        def draw(line: Line | None) -> None:
            if line is not None:
                lines.append(line)
                del lines[:-LINES_SHOWN]
            view.update(_view(tally, lines))

        with Live(_view(tally, lines), console=self._console, refresh_per_second=8) as view:
            yield draw
            draw(None)


def _view(tally: Tally, lines: Sequence[Line]) -> Group:
    table = Table("channel", *OUTCOMES, box=None, pad_edge=False, header_style="dim")
    for column in table.columns[1:]:
        column.justify = "right"
    for channel, *counts in _totals(tally)[1]:
        table.add_row(Text(channel), *(Text(count, style=style) for count, style in zip(counts, _STYLES.values())))  # noqa: B905  # one style an outcome
    return Group(table, Text(), *(_coloured(line) for line in lines))


def _totals(tally: Tally) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    rows = [
        (channel, *(f"{counts[outcome]:,}" for outcome in OUTCOMES))
        for channel, counts in sorted(tally.by_channel.items())
    ]
    rows.append(("all", *(f"{tally.count(outcome):,}" for outcome in OUTCOMES)))
    return ("channel", *OUTCOMES), rows


def _plain(line: Line) -> str:
    return f"{line.channel:<11}{line.event:<18}{line.text}"


def _coloured(line: Line) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{line.channel:<11}", style="cyan")
    text.append(f"{line.event:<18}")
    text.append(line.text, style=_STYLES.get(line.outcome, ""))
    return text
