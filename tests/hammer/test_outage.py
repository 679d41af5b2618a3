"""Something a served house depends on is away for ten minutes under load: nothing is refused, lost or doubled.

What is away: the writer, stopped or killed whenever it comes back, so that neither store can be written; the record
store or the identity store alone, whose file another program holds locked; or the root key file, as a KMS would be,
and a collecting process dies meanwhile that cannot start again without it. Each with one collecting process and with
two. `OUTAGE_S` says for how many seconds; in the usual run it is some.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, get_args

import pytest

from lockhouse.adapters.tables import FILES
from lockhouse.flows import audit
from lockhouse.model.rows import Intake, Record
from lockhouse.wiring import opened
from tests.faces.serve_world import Place, Served, make_place, run, served, set_aside, until
from tests.faces.steady_load import BACK_S, SteadyLoad
from tests.hammer.test_kill import POLICY, opened_orders

if TYPE_CHECKING:
    from collections.abc import Iterator

Away = Literal["stopped", "killed", "record", "identity", "root"]
AWAY_S = float(os.environ.get("OUTAGE_S", "600"))
LOOK_S = 1.0
MOST_GROWN = 128 << 20
"""So much more memory a process may take in an outage than before: it opens a part of what waits again and again."""
MOST_LATER = 24 << 20
"""So much more it may take in the second half of an outage than in the first: it does not grow with what waits."""


async def each_is_there_once(place: Place, answered: list[str]) -> None:
    """After a cold start: a record for every answered event and no other, and the ledger covers and verifies them."""
    async with opened(place.folder, role="console") as house:
        assert house.alone
        trusted = audit.Trusted([house.verifier], house.lane_key, anchors=house.anchors)
        report = await audit.verify(house.house, sequencer=house.writer, trusted=trusted, records=True)
        assert report.clean
    records, intakes = await place.rows(Record), await place.rows(Intake)
    assert len(answered) == len(set(answered)) == len(records)
    covered = [row.records[at : at + 16] for row in intakes for at in range(0, len(row.records), 16)]
    assert sorted(covered) == sorted(record.id for record in records)


async def each_opens(place: Place, answered: list[str]) -> None:
    """What the gate opens of everybody are the orders that were answered, each to its own number."""
    async with opened(place.folder, role="console") as house:
        orders = await opened_orders(house)
    assert Counter(order["order_id"] for order in orders) == Counter(f"o-{name[2:]}" for name in answered)


class Sizes:
    """How much memory each process of a served house has, looked at once a second from `begin` on."""

    def __init__(self, house: Served) -> None:
        self._house = house
        self._seen: list[dict[str, int]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self.begin()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def begin(self) -> None:
        """From now on: what was before this is before."""
        self._seen = [dict(self._now())] * 2

    def grown(self) -> dict[str, int]:
        """By how much each process was larger than at the beginning, at most."""
        before, *since = self._seen
        return {name: max((seen.get(name, 0) for seen in since), default=0) - size for name, size in before.items()}

    def grown_later(self) -> int:
        """By how much more the largest grew in the second half of the time than the largest in the first.

        Any of several processes may be the one that tries to bring back what waits, and in turn.
        """
        before, half = self._seen[0], len(self._seen) // 2
        first, second = (
            max(seen[name] - before[name] for seen in part for name in seen.keys() & before.keys())
            for part in (self._seen[:half], self._seen[half:])
        )
        return second - first

    def __str__(self) -> str:
        grown = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in self.grown().items())
        return f"{grown}, {self.grown_later() / 1e6:+.0f} in the second half"

    def _look(self) -> None:
        while not self._stop.wait(LOOK_S):
            self._seen.append(dict(self._now()))

    def _now(self) -> Iterator[tuple[str, int]]:
        for name, pid in self._house.pids().items():
            with suppress(OSError):
                lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
                yield from ((name, int(line.split()[1]) << 10) for line in lines if line.startswith("RssAnon:"))


@contextmanager
def stopped(house: Served) -> Iterator[None]:
    """The writer stands still."""
    pid = house.pids()["writer"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program holds a store for writing."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=60)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def moved(root: Path) -> Iterator[None]:
    """The root key file is away."""
    away = root.rename(root.with_suffix(".away"))
    try:
        yield
    finally:
        away.rename(root)


def hold_away(house: Served, how: Away, seconds: float) -> None:
    """What is away stays away for so long."""
    end, folder = time.monotonic() + seconds, house.place.folder
    if how in {"record", "identity"}:
        with locked(folder / FILES["record" if how == "record" else "identity"]):
            time.sleep(seconds)
        return
    with moved(Path(house.place.settings.root)):
        if how == "stopped":
            with stopped(house):
                time.sleep(seconds)
        elif how == "root":
            time.sleep(seconds / 2)
            house.kill("writer")
            house.kill("work")
            time.sleep(seconds / 2)
        while how == "killed" and time.monotonic() < end:
            with suppress(KeyError, ProcessLookupError):
                house.kill("writer")
            time.sleep(0.5)


def an_outage(place: Place, how: Away, seconds: float) -> SteadyLoad:
    """Load before, while and after, until nothing waits any more; then everything is looked through."""
    with served(place) as house:
        parts = set(house.pids())
        with SteadyLoad(place, kept=0, new=0, idle=10) as load, Sizes(house) as sizes:
            load.goes_on(50)
            before = len(load.answered)
            hold_away(house, how, seconds)
            many, waited, longest_s = len(load.answered) - before, set_aside(place), load.longest_s
            print(  # noqa: T201  # the figures, with pytest -s
                f"{how} away for {seconds:.0f} s, {place.settings.collect_processes} collecting: {many} answered, "
                f"{many / seconds:.0f}/s, the longest in {longest_s:.1f} s; {waited:,} bytes set aside, "
                f"{waited / max(many, 1):.0f} an event; grown (MB): {sizes}"
            )
            assert waited > 0
            assert [line for line in house.lines("writes again") if line["what"] == "changes"] == []
            assert max(sizes.grown().values()) < MOST_GROWN
            assert sizes.grown_later() < MOST_LATER
            sizes.begin()
            load.longest_s, began = 0.0, time.monotonic()
            until(lambda: set_aside(place) == 0, BACK_S)
            back_s = time.monotonic() - began
            load.goes_on(50)
        until(lambda: set(house.pids()) == parts)
        print(  # noqa: T201  # as above
            f"{how} is back: all in after {back_s:.0f} s, {len(load.answered) - before - many} more answered by then, "
            f"the longest in {load.longest_s:.1f} s; grown since (MB): {sizes}"
        )
        assert house.stop() == 0
    run(each_is_there_once(place, load.answered))
    run(each_opens(place, load.answered))
    return load


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "seconds"),
    [("stopped", 20.0), ("killed", 8.0), ("record", 8.0), ("identity", 8.0), ("root", 8.0)],
)
def test_an_outage_of_some_seconds_loses_and_refuses_nothing(tmp_path: Path, how: Away, seconds: float) -> None:
    place: Place = run(make_place(tmp_path, policy=POLICY))
    place.set(collect_processes=2)
    load = an_outage(place, how, seconds)
    assert (set(load.statuses), load.lost) == ({200}, {})


@pytest.mark.hammer
@pytest.mark.outage
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("collecting", [1, 2])
@pytest.mark.parametrize("how", get_args(Away))
def test_an_outage_of_ten_minutes_loses_and_refuses_nothing(tmp_path: Path, how: Away, collecting: int) -> None:
    place: Place = run(make_place(tmp_path, policy=POLICY))
    place.set(collect_processes=collecting)
    load = an_outage(place, how, AWAY_S)
    assert (set(load.statuses), load.lost) == ({200}, {})
