"""A house on a disk that is full, in a mount namespace of its own: `python -m tests.hammer.full_disk FOLDER WHAT`.

A small disk in memory is mounted where WHAT lies (the house, or its root key with journal and checkpoints) and filled
up under load. What was seen is said as one JSON object; the parent process judges it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.faces.serve_world import Served, make_place, run, served, until
from tests.hammer.test_kill import POLICY, Load, checked, verified

DISK = "24m"
STEP = 64 * 1024
PARTS = {"house": "house", "keys": "root"}
FULL_S = 4.0
"""How long the disk stays full: longer than a lease, so that nothing goes on by what was confirmed before."""


def fill(ballast: Path) -> None:
    """Leave not one block on the disk."""
    with ballast.open("ab", buffering=0) as file:
        for size in (STEP, 4096, 512, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def main() -> None:
    """Mount, serve, fill, wait, empty, wait, stop, look."""
    base, what = Path(sys.argv[1]), sys.argv[2]
    disk = base / PARTS[what]
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "tmpfs", str(disk)], check=True)
    place = run(make_place(base, policy=POLICY))
    with served(place) as house, Load(house, seed=1) as load:
        until(lambda: len(load.answered) > 200, 30)
        fill(disk / "ballast")
        began = len(load.answered)
        time.sleep(FULL_S)
        until(lambda: bool(house.lines("cannot write")), 90)  # a checkpoint is due every 1,000 entries, or every minute
        full = _as_it_is(house, load, since=began)
        (disk / "ballast").unlink()
        began = len(load.answered)
        until(lambda: len(load.answered) > began + 200 and bool(house.lines("writes again")), 90)
        again = _as_it_is(house, load, since=began)
        log = house.log
    verified(base / "export", run(checked(place, [load])))
    told = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    seen = {"full": full, "again": again, "odd": load.odd, "events": sorted({line["event"] for line in told})}
    sys.stdout.write(json.dumps(seen | {"traceback": "Traceback" in log}))


def _as_it_is(house: Served, load: Load, *, since: int) -> dict[str, object]:
    ready = house.get("/readyz")
    return {"answered": len(load.answered) - since, "ready": ready.status_code, "why": ready.json().get("reasons", [])}


if __name__ == "__main__":
    main()
