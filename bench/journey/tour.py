"""The year comes in, four things happen to it, and the house is verified: by the ordinary commands, in this order."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from bench.journey.archive import CONSENTS, EXAMPLE, YEAR, Archive, Taken, Totals
from bench.journey.back import read_back

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.model.ports import Clock

HOUR_MS: Final = 3_600_000
ERASED: Final = 5
TAKEN_BACK: Final = 3
"""March."""
EXPIRED: Final = 1
"""January: what came of it came in February, whose key is due in April of the year after."""
SHELVED_TO: Final = 3
"""What of March is older than thirteen months then is shut by the policy's keep, and all of March was taken back."""
_PRICES: Final = "transactions|legal_obligation~84m.event=accounting|legitimate_interest~13m.event=assortment"


class Hands(Protocol):
    """Who types the commands, in a world whose clock they set."""

    @property
    def house(self) -> Path:
        """The house's folder, once `init` has made it."""
        ...

    @property
    def clock(self) -> Clock:
        """What the world says."""
        ...

    def set(self, at: int) -> None:
        """It is this time, in ms, from now on."""
        ...

    def type(self, line: str, *, answer: str = "") -> Any:
        """The command's answer, as `--json` has it; `answer` is what is typed behind it.

        Raises:
            SystemExit: it failed.
        """
        ...


class Step(NamedTuple):
    """A part of the tour, how long it took, and what it went through: rows, or records."""

    name: str
    seconds: float
    rows: int


class Toured(NamedTuple):
    """What was seen. `expected` and `seen`: totals before and after what happened to the year."""

    steps: list[Step]
    expected: tuple[Totals, Totals]
    seen: tuple[Totals, Totals]
    verified: Any

    @property
    def good(self) -> bool:
        """Whether the house holds what it must, no more and no less, and can show it."""
        return self.expected == self.seen and bool(self.verified["clean"])


class Tour:
    """One house on its way through the year."""

    def __init__(self, hands: Hands, archive: Archive, *, told: Callable[[Step], None]) -> None:
        self._hands = hands
        self._archive = archive
        self._told = told
        self._steps: list[Step] = []

    def run(self) -> Toured:
        """See the module."""
        archive, hands = self._archive, self._hands
        self._found()
        batches = {month: self._receipts(month) for month in archive.months}
        self._mail()
        nothing, before = archive.totals(Taken()), self._read_back("read back, in three roles")
        self._timed("March taken back", lambda: hands.type(f"import undo {batches[TAKEN_BACK]} --yes")["records"])
        taken = self._erase(archive.households[: ERASED + 1])
        self._expire()
        expected, after = archive.totals(taken), self._read_back("read back again")
        return Toured(self._steps, (nothing, expected), (before, after), self._verify(nothing))

    def _verify(self, stored: Totals) -> Any:
        said: list[Any] = []

        def verify() -> int:
            said.append(self._hands.type("ledger verify --records --state"))
            return stored.lines + stored.campaigns + stored.coupons + stored.redeemed

        self._timed("ledger verify --records --state", verify)
        return said[0]

    @staticmethod
    def _require(holds: bool, what: str) -> None:  # noqa: FBT001  # a condition, as of an assertion
        if not holds:
            raise SystemExit(f"journey: expected {what}, got another answer")

    def _timed(self, name: str, act: Callable[[], int]) -> None:
        began = perf_counter()
        rows = act()
        self._say(Step(name, perf_counter() - began, rows))

    def _say(self, step: Step) -> None:
        self._steps.append(step)
        self._told(step)

    def _found(self) -> None:
        self._go_to(YEAR, 2, 1)
        self._hands.type(f"init {self._hands.house} --yes")
        for file in EXAMPLE.glob("*.yaml"):
            shutil.copy(file, self._hands.house / file.name)
        self._archive.write(self._hands.house)
        self._hands.type("policy approve --yes")

    def _go_to(self, *day: int) -> None:
        at = int(datetime(*day, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]  # year, month, day
        self._hands.set(at)
        if self._hands.house.exists():
            self._hands.type("accept clock --yes")

    def _wait(self, hours: int) -> None:
        self._hands.set(self._hands.clock.now_ms() + hours * HOUR_MS)
        self._hands.type("accept clock --yes")

    def _receipts(self, month: int) -> str:
        """A month's receipts, on the third of the next; their batch."""
        self._go_to(*((YEAR, month + 1, 3) if month < 12 else (YEAR + 1, 1, 3)))  # noqa: PLR2004  # months of a year
        batch: list[str] = []

        def bring() -> int:
            told = self._hands.type(f"import tills-{month:02}.csv --channel tills --map mapping.yaml")
            batch.append(told["batch"])
            return int(told["stored"])

        self._timed(f"import tills-{month:02}.csv", bring)
        return batch[0]

    def _mail(self) -> None:
        self._go_to(YEAR + 1, 1, 5)
        hands = self._hands

        def consents() -> int:
            return int(hands.type(f"consent import {CONSENTS} --channel e-mail")["stored"])

        self._timed(f"consent import {CONSENTS}", consents)
        for name in self._archive.mail:
            if name != CONSENTS:
                line = f"import {name} --channel e-mail --map {name.replace('.csv', '.yaml')}"
                self._timed(f"import {name}", lambda line=line: hands.type(line)["stored"])  # type: ignore[misc]

    def _read_back(self, name: str) -> Totals:
        found: list[Totals] = []

        def read() -> int:
            found.append(asyncio.run(read_back(self._hands.house, self._hands.clock)))
            return found[0].lines + found[0].stocked + found[0].campaigns + found[0].coupons + found[0].redeemed

        self._timed(name, read)
        return found[0]

    def _erase(self, households: list[int]) -> Taken:
        *whole, part = households
        took: list[int] = []

        def end() -> int:
            opened = [self._open(one, "--anyway") for one in whole]
            opened.append(self._open(part, f"--anyway --compartment '{_PRICES}'"))
            self._wait(25)
            done = [self._hands.type(f"request fulfil {one['request']} --yes") for one in opened]
            self._require({one["step"] for one in done} == {"done"}, "erasures")
            took.extend(one["took_ms"] for one in (*opened, *done))
            return len(opened)

        self._timed("households erased, one in part", end)
        self._say(Step("the same, but for starting 19 commands", sum(took) / 1000, len(took) // 2))
        return Taken(households=frozenset(whole), unpriced=part, months=frozenset({TAKEN_BACK}), shelved_to=SHELVED_TO)

    def _open(self, household: int, words: str) -> Any:
        found = self._hands.type("person find household_id - --as bookkeeper", answer=f"{household}\n")
        return self._hands.type(f"request open {found['persons'][0]['person']} {words}")

    def _expire(self) -> None:
        def end() -> int:
            self._go_to(YEAR + 1, 4, 2)
            shut = self._hands.type("retention apply --yes")
            much = {(one["confirm"], one["ends"]) for one in shut if one["confirm"]}
            for run, boxes in much:
                self._hands.type(f"retention confirm {run} --ends {boxes}")
            self._wait(73 + 48 * len(much))  # whoever is alone in a house waits longer
            done = self._hands.type("retention apply --yes")
            ended = {one["request"] for one in done if one["step"] == "done"}
            self._require({one["request"] for one in shut} <= ended, "the end of every key that was shut")
            return len(ended)

        self._timed("January's key on the shelves destroyed", end)
