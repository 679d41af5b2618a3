"""What a child process was started for, and what it holds while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from lockhouse.faces.metrics import Tally
    from lockhouse.faces.serve.desk import Answers
    from lockhouse.wiring import Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a child was started for. The numbers are open files, -1 for none.

    Attributes:
        too: the console's listener on the other loopback address.
        like: how many processes do the same, this one among them: what a process counts is shared out among them.
    """

    folder: Path
    name: str
    listener: int
    metrics: int
    lifeline: int
    too: int = -1
    like: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A child at work. `ending` is set when it is to end, `leaving` when another one has taken its place.

    `notes`: what whoever started the house is told once, in plain words; set before the desk opens.
    """

    task: Task
    opened: Opened
    tally: Tally
    answers: Answers
    ending: asyncio.Event
    leaving: asyncio.Event
    notes: list[str] = field(default_factory=list)
