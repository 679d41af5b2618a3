"""What `serve` says: a line a part for people at a terminal, a log line otherwise."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console

from lockhouse.faces import logs

if TYPE_CHECKING:
    from lockhouse.faces.serve.roles import Ready


def say_ready(what: Ready) -> None:
    """Everything that was asked for is up."""
    names = [part.name for part in what.parts]
    if not sys.stderr.isatty():
        urls = {"collect": what.collect_url, "console": what.console_url, "metrics": what.metrics_url}
        logs.get().info("ready", parts=names, reasons=what.reasons, **urls)
        return
    console = _console()
    console.print("[green]✓[/] writer    the house is open")
    if what.collect_url:
        many = sum(part.kind == "collect" for part in what.parts)
        console.print(f"[green]✓[/] collect   {what.collect_url}" + (f"  ({many} processes)" if many > 1 else ""))
    if "work" in names:
        console.print(f"[green]✓[/] work      metrics on {what.metrics_url}")
    if what.console_url:
        console.print(f"[green]✓[/] console   {what.console_url}")
    for reason in what.reasons:
        console.print(f"[yellow]![/] {reason}")
    for note in what.notes:
        console.print(note, markup=False, soft_wrap=True)
    console.print("Ctrl-C ends it.", style="dim")


def say_stopping() -> None:
    """It was told to end."""
    if sys.stderr.isatty():
        _console().print("\nEnding: what was taken is being made durable.", style="dim")
    else:
        logs.get().info("stopping")


def say_ended() -> None:
    """It has ended."""
    if sys.stderr.isatty():
        _console().print("Ended. No process is left.", style="dim")
    else:
        logs.get().info("stopped")


def _console() -> Console:
    return Console(stderr=True, highlight=False)
