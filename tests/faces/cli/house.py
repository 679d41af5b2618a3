"""A house in a folder with a terminal in front of it: what a person types, and what they see."""

from __future__ import annotations

import asyncio
import io
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lockhouse.channels.segment import ParsedRequest, parse_batch
from lockhouse.faces.cli.app import run
from lockhouse.faces.cli.terminal import Terminal
from lockhouse.gates.collect import Intake
from lockhouse.model.event import Batch, Event
from lockhouse.model.scale import Assurance
from lockhouse.wiring import opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from httpx import BaseTransport

    from lockhouse.model.event import Fault, Reply

NOW = 1_795_440_630_000
EMAIL = "canary.anna@customers.example"
PHONE = "+4930901820"


class StoodClock:
    """Time stands until it is moved."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def now_ms(self) -> int:
        return self.now

    def monotonic_s(self) -> float:
        return self.now / 1000


async def nobody_answers(_seconds: float) -> None:
    """A call waits for an answer in the console, and nobody is there."""
    raise AssertionError("a call waits for the console")


class Seen(NamedTuple):
    """What a call left on the screen."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """The answer of a call with `--json`."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error of a call with `--json`."""
        return json.loads(self.err)["error"]


class Desk:
    """A person at a terminal, with one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.house = folder / "shop"
        self.clock = StoodClock()
        self.environment: dict[str, str] = {}
        self.pause: Callable[[float], Awaitable[None]] = nobody_answers
        self.told = io.StringIO()
        """What stands on standard error, also while a call waits."""
        self.transport: BaseTransport | None = None

    def call(self, line: str | Sequence[str], *, typed: str = "", talks: bool = False, json: bool = False) -> Seen:
        """One line typed in the house's folder; `typed` is what follows, at questions or through a pipe."""
        words = shlex.split(line) if isinstance(line, str) else list(line)
        stdin, out, err = io.StringIO(typed), io.StringIO(), io.StringIO()
        self.told = err
        terminal = Terminal(
            stdin=stdin, stdout=out, stderr=err, talks=talks, ask_hidden=lambda _question: stdin.readline().strip(),
            pause=self.pause,
        )  # fmt: skip
        cwd = self.house if self.house.is_dir() else self.folder
        code = run(
            [*words, *(["--json"] if json else [])], terminal=terminal, environment=self.environment, cwd=cwd,
            clock=self.clock, transport=self.transport,
        )  # fmt: skip
        return Seen(code, out.getvalue(), err.getvalue())

    def found(self) -> None:
        """`lockhouse init shop --yes --demo`, with a web, a shop and an account channel."""
        systems = " ".join(f"--system {one}" for one in ("web:segment:public", "shop:segment:secret"))
        seen = self.call(f"init {self.folder / 'shop'} --yes --demo --name Shop {systems}")
        assert seen.code == 0, seen.err

    def put_to_work(self) -> None:
        """It is no demo house any more: what protects waits, and asks."""
        settings = self.house / "lockhouse.toml"
        settings.write_text(settings.read_text("utf-8").replace("demo = true", "demo = false"), "utf-8")

    def send(self, *events: tuple[str, dict[str, Any]], channel: str = "shop") -> list[Reply]:
        """Events through the collect gate, as the channel's authenticated sender."""
        return self._collect(
            [
                Event(
                    name=name, message_id=f"m-{self.clock.now}-{at}", occurred_at=self.clock.now,
                    source={"properties": fields},
                )
                for at, (name, fields) in enumerate(events)
            ], channel,
        )  # fmt: skip

    def receive(self, *items: str, channel: str = "shop") -> list[Reply]:
        """The same of items as they are written in JSON, good or bad."""
        raw = f'{{"batch": [{", ".join(items)}]}}'.encode()
        parsed = parse_batch(raw, path="batch", received_at=self.clock.now, remote_network=None)
        assert isinstance(parsed, ParsedRequest)
        return self._collect(parsed.items, channel)

    def _collect(self, items: Sequence[Event | Fault], channel: str) -> list[Reply]:
        assurance = Assurance.PUBLIC if channel == "web" else Assurance.SECRET

        async def collect() -> list[Reply]:
            async with opened(self.house, role="collect", lane="collect-0", clock=self.clock) as house:
                number = house.house.live().policy.channels[channel].id
                batch = Batch(
                    channel=channel,
                    assurance=assurance,
                    credential=f"{number}/{int(assurance)}",
                    received_at=self.clock.now,
                    items=items,
                )
                return await Intake(house.house).collect(batch)

        return asyncio.run(collect())

    def person(self, email: str = EMAIL) -> str:
        """The id of the one person with this address."""
        [view] = self.call("person find email -", typed=f"{email}\n", json=True).value["persons"]
        found: str = view["person"]
        return found
