"""How quickly an auditor verifies a log, without the house."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from bench.house import copied, served
from bench.intake import requests_of
from bench.load import send
from bench.mix import Mix
from bench.report import Figure
from lockhouse import wiring
from lockhouse.flows import audit
from lockhouse.ledger.verify import verify_export

if TYPE_CHECKING:
    from pathlib import Path

    from bench.intake import Houses


def verify(houses: Houses, *, entries: int, rounds: int) -> list[Figure]:
    """Entries of an export that are verified a second, one thread, by CPU time.

    They are entries of intake, one a request, as a shop with little traffic makes them.

    Raises:
        SystemExit: an event was not stored, or the log did not verify.
    """
    traffic = Mix(700, population=houses.population).events(entries)
    with copied(houses.sealed, houses.base) as folder:
        with served(folder, "sealed") as running:
            took = send(running.port, requests_of("single", traffic, houses.sealed.key), connections=1)
        if took.failed:
            raise SystemExit(f"bench: {took.failed} requests failed")
        lines, vkey = asyncio.run(_exported(folder))
    samples = []
    for _ in range(rounds):
        began = time.process_time()
        report = verify_export(lines, vkeys=[vkey])
        samples.append(report.entries / (time.process_time() - began))
        if report.found or report.entries < entries:
            raise SystemExit(f"bench: {report.found} findings in {report.entries} entries")
    return [
        Figure("verify_per_s", tuple(samples), "entries/s", f"an export of {report.entries:,} entries, by CPU time")
    ]


async def _exported(folder: Path) -> tuple[list[bytes], str]:
    async with wiring.opened(folder, role="console") as opening:
        parts = [part async for part in audit.export(opening.house, sequencer=opening.writer)]
        return b"".join(parts).splitlines(), opening.verifier
