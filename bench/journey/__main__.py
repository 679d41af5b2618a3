"""`python -m bench.journey`: the year through a house, each command a process of its own, and a table of it.

Started by `script/complete-journey`, which puts a clock below Python that says what a file says.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.journey.archive import Archive, Totals
from bench.journey.tour import Step, Tour, Toured
from lockhouse.adapters.clock import SystemClock

if TYPE_CHECKING:
    from lockhouse.model.ports import Clock

SAYS = "WRONG_CLOCK_FILE"
"""Names the file that says by how many ms the clock of every process of this tour is wrong."""
LOOK_S = 0.05


class Processes:
    """Each command is a process of its own, under a clock that a file says."""

    def __init__(self, folder: Path) -> None:
        self.house = folder / "grocer"
        self.clock: Clock = SystemClock()
        self.peak_kib = 0
        self._says = Path(os.environ[SAYS])
        self._environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}

    def set(self, at: int) -> None:
        """See `Hands`."""
        wrong = int(self._says.read_text(encoding="ascii")) + at - self.clock.now_ms()
        beside = self._says.with_suffix(".new")
        beside.write_text(str(wrong), encoding="ascii")
        beside.replace(self._says)

    def type(self, line: str, *, answer: str = "") -> Any:
        """See `Hands`."""
        place = self.house if self.house.is_dir() else self.house.parent
        argv = [sys.executable, "-m", "lockhouse", *shlex.split(line), "--json"]
        with tempfile.TemporaryFile() as out, subprocess.Popen(  # noqa: S603  # our own command
            argv, stdin=subprocess.PIPE, stdout=out, cwd=place, env=self._environment
        ) as run:  # fmt: skip
            if run.stdin:
                run.stdin.write(answer.encode())
                run.stdin.close()
            while run.poll() is None:
                self.peak_kib = max(self.peak_kib, _peak_kib(run.pid))
                time.sleep(LOOK_S)
            out.seek(0)
            said = out.read()
        if run.returncode:
            raise SystemExit(f"journey: {argv[3]}: expected it to go well, got exit code {run.returncode}")
        return json.loads(said)


def _peak_kib(pid: int) -> int:
    """The most memory that a process has had since it became what it is; what its parent had does not count."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def _told(step: Step) -> None:
    rate = f"{step.rows / step.seconds:>9,.0f}/s" if step.rows > step.seconds > 0 else ""
    print(f"{step.name:<44} {step.rows:>10,} {step.seconds:>9.1f} s {rate}", file=sys.stderr, flush=True)


def _both(expected: Totals, seen: Totals) -> dict[str, Any]:
    return {
        name: {"raw": str(getattr(expected, name)), "lockhouse": str(getattr(seen, name))}
        for name in Totals.__struct_fields__
    }  # fmt: skip


def _figures(done: Toured, hands: Processes) -> dict[str, Any]:
    imports = [one for one in done.steps if one.name.startswith("import ")]
    rows, seconds = sum(one.rows for one in imports), sum(one.seconds for one in imports)
    stores = {
        name: sum(one.stat().st_size for one in hands.house.glob(f"{name}.db*")) for name in ("record", "identity")
    }
    return {
        "good": done.good, "before": _both(done.expected[0], done.seen[0]),
        "after": _both(done.expected[1], done.seen[1]), "verified": done.verified, "rows": rows,
        "rows_per_s": round(rows / seconds), "bytes": stores, "bytes_per_row": round(sum(stores.values()) / rows),
        "peak_mb": round(hands.peak_kib / 1024),
        "steps": [{"name": one.name, "rows": one.rows, "seconds": round(one.seconds, 2)} for one in done.steps],
    }  # fmt: skip


def _text(figures: dict[str, Any]) -> str:
    lines = [f"{'':<12} {'raw':>16} {'lockhouse':>16}   {'raw, afterwards':>16} {'lockhouse':>16}"]
    for name, one in figures["before"].items():
        two = figures["after"][name]
        cells = (one["raw"], one["lockhouse"], two["raw"], two["lockhouse"])
        same = "equal" if cells[0] == cells[1] and cells[2] == cells[3] else "DIFFERENT"
        lines.append(f"{name:<12} {cells[0]:>16} {cells[1]:>16}   {cells[2]:>16} {cells[3]:>16}  {same}")
    rate = f"{figures['rows']:,} rows imported, {figures['rows_per_s']:,} a second"
    size = f"{sum(figures['bytes'].values()):,} bytes in both stores, {figures['bytes_per_row']:,} a row"
    clean = "clean" if figures["verified"]["clean"] else f"{figures['verified']['found']} FINDINGS"
    lines += [
        f"{rate}; {size}; no process took more than {figures['peak_mb']:,} MB",
        f"ledger verify --records --state: {clean}, {figures['verified']['entries']:,} entries",
    ]
    return "\n".join(lines)


def main() -> int:
    """0 if the house holds what it must, no more and no less, and can show it; else 1."""
    parser = argparse.ArgumentParser(prog="script/complete-journey", description=__doc__)
    parser.add_argument("--households", type=int, default=25, help="so many, of 2,469 (25: some 14,000 receipt lines)")
    parser.add_argument("--all", action="store_true", help="all of them: 1,469,307 receipt lines, which take long")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lockhouse-journey-") as folder:
        began = time.perf_counter()
        archive = Archive(households=0 if asked.all else asked.households)
        _told(Step("read from the package", time.perf_counter() - began, len(archive.lines)))
        hands = Processes(Path(folder))
        figures = _figures(Tour(hands, archive, told=_told).run(), hands)
    print(json.dumps(figures) if asked.json else _text(figures))
    return 0 if figures["good"] else 1


if __name__ == "__main__":
    sys.exit(main())
