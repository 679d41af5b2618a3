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
        logs.get().info("ready", parts=names, collect=what.collect_url, metrics=what.metrics_url)
        return
    console = Console(stderr=True, highlight=False)
    console.print("[green]✓[/] writer    the house is open")
    if what.collect_url:
        many = sum(part.kind == "collect" for part in what.parts)
        console.print(f"[green]✓[/] collect   {what.collect_url}" + (f" ({many} processes)" if many > 1 else ""))
    if "work" in names:
        console.print(f"[green]✓[/] work      metrics on {what.metrics_url}")
    console.print("Ctrl-C ends it.", style="dim")


def say_stopping() -> None:
    """Asked to end."""
    logs.get().info("stopping")


def say_ended() -> None:
    """Ended."""
    logs.get().info("stopped")
