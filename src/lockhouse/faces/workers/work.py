"""The worker: carries on endings, sends on, sweeps, mints keys ahead, empties what has served its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockhouse.faces.serve.desk import Desk
    from lockhouse.faces.workers.task import Running


async def work(running: Running, desk: Desk) -> None:
    """Work until told to end."""
    await desk.open()
    await running.ending.wait()
    await desk.close()
