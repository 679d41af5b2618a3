"""Kill -9 of a command while it works: the house opens and verifies, and the same command again ends right.

Each round runs one command as somebody types it, alone in its house or beside one that is served, and kills it at a
random moment after it has opened the stores. Then the ledger is verified with every record and every row that gives
authority, the same words are typed again, and what should stand then stands once. `HAMMER_ROUNDS` says how many rounds
`make hammer` goes on for.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.adapters.clock import SystemClock
from lockhouse.adapters.tables import FILES
from lockhouse.errors import Conflict, LockhouseError
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Consent, Imported, KeyRing, PolicyVersion, Record, Tombstone
from lockhouse.wiring import opened
from tests.faces.serve_world import Place, make_place, run, served, until
from tests.hammer.test_wrong_clock import SHIM, WrongClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.model.ports import RowT

POLICY = """
policy: 1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {from: [country], unknown: strictest}}
purposes:
  fulfilment: {about: Deliver what you ordered, basis: contract, keep: 24 months after last_activity}
  marketing: {about: Tell you of offers, basis: consent, keep: 24 months after last_activity}
  analytics: {about: See what is looked for, basis: legitimate_interest, keep: 1 month after event}
fields:
  email: {type: email, class: contact, for: [fulfilment, marketing], identifies: person}
  country: {type: country, class: location, for: [fulfilment], clear: true}
  order_id: {type: id, class: transactions, for: [fulfilment]}
  search: {type: text, class: behaviour, for: [analytics]}
events:
  Order Completed: [email, country, order_id, search]
channels:
  backend: {kind: segment, key: secret}
roles:
  clerk: {for: [fulfilment], see: {contact: masked}}
"""
MAP = "import: 1\nevent: Order Completed\ntime: now\nfields: {email: mail, order_id: number, search: looked}\n"
PEOPLE = 40
"""Of one file: many rows are of the same person."""
ROWS = 1_200
"""Two groups of an import and a part of one."""
STEP_DAYS = 40
"""By so much the clock goes on before a month is ended: what came in before is due then."""
COOLED_DAYS = 4
"""By so much before what was shut is destroyed."""


class Aged(SystemClock):
    """The clock of this process, at the time of the house."""

    def __init__(self, days: float) -> None:
        self._ms = int(days * DAY_MS)

    def now_ms(self) -> int:
        return super().now_ms() + self._ms


@dataclass
class Shop:
    """A house, whoever types commands in its folder, and what was seen of those that were killed."""

    place: Place
    clock: WrongClock
    draw: random.Random
    days: float = 0.0
    took: Counter[str] = field(default_factory=Counter)
    """How long each command worked at most, once it had the stores open (ms)."""
    killed: Counter[str] = field(default_factory=Counter)
    came_first: Counter[str] = field(default_factory=Counter)
    """How often each was killed, and how often it came to its end before."""
    versions: int = 1

    def path(self, name: str, text: str) -> str:
        """A file beside the house."""
        file = self.place.folder.parent / name
        file.write_text(text, encoding="utf-8")
        return str(file)

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "lockhouse", "-C", str(self.place.folder), "--json", *words]

    def says(self, *words: str, also: type[LockhouseError] | None = None) -> Any:
        """What a command answers that comes to its end; of one that ends with the `also` error, that."""
        began_s = time.monotonic()
        ended = subprocess.run(self._command(words), capture_output=True, text=True, timeout=120, check=False)
        if ended.returncode == 0:
            self.took[words[0]] = max(self.took[words[0]], int(1_000 * (time.monotonic() - began_s) / 2))
            return json.loads(ended.stdout)
        assert also is not None, ended.stderr
        assert ended.returncode == OUTCOMES[also].exit_code, ended.stderr
        return json.loads(ended.stderr)["error"]

    def kill(self, *words: str) -> None:
        """A command is killed while it works, at a random moment; then the house opens and all of it verifies."""
        process = subprocess.Popen(self._command(words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: process.poll() is not None or _has_open(process.pid, self.place.folder / FILES["record"]), 60)
        time.sleep(self.draw.uniform(0, self.took[words[0]] or 300) / 1_000)
        process.send_signal(signal.SIGKILL)
        is_killed = process.wait(15) == -signal.SIGKILL
        (self.killed if is_killed else self.came_first)[" ".join(words[:2] if words[0] != "import" else words[:1])] += 1
        self.verifies()

    def verifies(self) -> None:
        """Every record and every row that gives authority is as the ledger says."""
        told = self.says("ledger", "verify", "--records", "--state")
        assert (told["clean"], told["findings"]) == (True, [])

    def goes_on(self, days: float) -> None:
        """So many days pass, and somebody says that they did."""
        self.days += days
        self.clock.set(self.days)
        self.says("accept", "clock", "--yes")

    def rows(self, row: type[RowT]) -> list[RowT]:
        """A whole table."""

        async def read() -> list[RowT]:
            async with opened(self.place.folder, role="console", clock=Aged(self.days)) as house:
                return [one async for chunk in house.house.reads.scan(row) for one in chunk]

        found: list[RowT] = run(read())
        return found


def _has_open(pid: int, file: Path) -> bool:
    """Whether a process has this file open."""
    try:
        return any(link.readlink() == file for link in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def _bring(shop: Shop, number: int) -> tuple[str, ...]:
    """The words that bring a file of this round in."""
    lines = [f"p-{number}-{row % PEOPLE}@example.com,o-{number}-{row},boots" for row in range(ROWS)]
    file = shop.path(f"orders-{number}.csv", "\n".join(["mail,number,looked", *lines]))
    return "import", file, "--channel", "backend", "--map", shop.path("map.yaml", MAP)


def an_import(shop: Shop, number: int) -> None:
    """Each row of the file is there once."""
    words = _bring(shop, number)
    shop.kill(*words)
    told = shop.says(*words)
    assert (told["stored"], told["duplicate"], told["refused"], told["state"]) == (ROWS, 0, 0, "done")
    brought = [row.record for row in shop.rows(Imported) if row.batch == bytes.fromhex(told["batch"])]
    assert len(brought) == len(set(brought)) == ROWS
    assert set(brought) <= {row.id for row in shop.rows(Record)}


def a_consent_import(shop: Shop, number: int) -> None:
    """Each word of the file stands once."""
    at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=number)
    lines = [f"w-{number}-{row}@example.com,marketing,granted,{at.isoformat()},form" for row in range(ROWS)]
    file = shop.path(f"words-{number}.csv", "\n".join(["email,purpose,state,time,source", *lines]))
    shop.kill("consent", "import", file)
    told = shop.says("consent", "import", file)
    assert (told["refused"], told["rejected"]) == (0, 0)
    said = [row for row in shop.rows(Consent) if row.at == int(at.timestamp() * 1_000)]
    assert len(said) == len({row.person for row in said}) == ROWS


def an_approval(shop: Shop, number: int) -> None:
    """The draft rules, as one version."""
    draft = shop.place.folder / shop.place.settings.policy
    draft.write_text(POLICY.replace("what you ordered", f"what you ordered {number}"), encoding="utf-8")
    shop.kill("policy", "approve", "--yes")
    shop.says("policy", "approve", "--yes")
    shop.versions += 1
    assert shop.says("policy", "approve", "--yes") == {"version": shop.versions, "changed": False}
    assert len(shop.rows(PolicyVersion)) == shop.versions


def an_erasure(shop: Shop, _number: int) -> None:
    """Whoever asked has no key any more, and one request, which is done."""
    person = shop.draw.choice([row.person for row in shop.rows(KeyRing)])
    shop.kill("request", "open", person.hex())
    shop.says("request", "open", person.hex(), also=Conflict)
    [case] = [one for one in shop.says("request", "list") if one["what"] == "person" and one["step"] != "done"]
    assert case["step"] == "shut"
    shop.kill("request", "fulfil", case["request"], "--now", "--yes")
    shop.says("request", "fulfil", case["request"], "--now", "--yes")
    assert shop.says("request", "show", case["request"])["step"] == "done"
    assert person not in {row.person for row in shop.rows(KeyRing)}
    assert person in {row.person for row in shop.rows(Tombstone)}


def a_retention(shop: Shop, _number: int) -> None:
    """Every month that is due is shut by one ending each, and destroyed once it has cooled."""
    shop.goes_on(STEP_DAYS)
    shop.kill("retention", "apply", "--yes")
    while shop.says("retention", "apply", "--yes"):
        pass
    shop.goes_on(COOLED_DAYS)
    shop.kill("retention", "apply", "--yes")
    while shop.says("retention", "apply", "--yes"):
        pass
    ended = [one for one in shop.says("request", "list") if one["what"] == "epoch"]
    assert ended
    assert max(Counter(tuple(one["scope"]) for one in ended).values()) == 1


COMMANDS: tuple[Callable[[Shop, int], None], ...] = (an_import, a_consent_import, an_approval, an_erasure, a_retention)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A house with people in it; every command in it, and whoever serves it, goes by a clock of its own."""
    monkeypatch.setenv("WRONG_CLOCK_FILE", str(tmp_path / "clock"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(SHIM), os.environ.get("PYTHONPATH", "")])))
    clock = WrongClock(tmp_path / "clock")
    place: Place = run(make_place(tmp_path, policy=POLICY))
    place.set(retention_runs=False)
    seed = int(os.environ.get("HAMMER_SEED", "0")) or time.time_ns() % 10**9
    print(f"seed {seed}")  # noqa: T201  # pytest shows it when a round fails
    made = Shop(place, clock, random.Random(seed))  # noqa: S311  # moments, not keys
    made.says(*_bring(made, -1))
    return made


def hammered(shop: Shop, rounds: int) -> None:
    """So many rounds, each of the next command; five alone in the house, five beside one that is served.

    A month is always ended alone: a process that lives while the clock jumps is in doubt, as it should be.
    """
    for number in range(rounds):
        command = COMMANDS[number % len(COMMANDS)]
        is_beside = number // len(COMMANDS) % 2 and command is not a_retention
        print(f"round {number}: {command.__name__}, {'beside' if is_beside else 'alone'}")  # noqa: T201  # as above
        with served(shop.place, only="work") if is_beside else nullcontext():
            command(shop, number)
            shop.verifies()
    for name in sorted(shop.killed | shop.came_first):
        print(f"{name:16} killed {shop.killed[name]:4}, came to its end first {shop.came_first[name]:4}")  # noqa: T201


@pytest.mark.slow
def test_five_commands_that_are_killed_leave_a_house_that_verifies_and_end_right_when_typed_again(shop: Shop) -> None:
    hammered(shop, len(COMMANDS))
    assert shop.killed.total() > 0


@pytest.mark.hammer
@pytest.mark.timeout(7_200)
def test_many_commands_that_are_killed_leave_a_house_that_verifies_and_end_right_when_typed_again(shop: Shop) -> None:
    rounds = int(os.environ.get("HAMMER_ROUNDS", "100"))
    hammered(shop, rounds)
    assert shop.killed.total() > rounds // 4
