"""Commits that are held up or watched, for stories of groups that overlap."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lockhouse.errors import Unavailable
from lockhouse.model.change import Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.change import Change, Committed
    from lockhouse.model.ports import Commits
    from tests.world import World


class Conflicts:
    """Commits that remember why some were turned away."""

    def __init__(self, inner: Commits) -> None:
        self._inner = inner
        self.seen: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        """As the store does."""
        answers: list[Committed | Conflict] = await self._inner.commit_each(changes)
        self.seen += [answer.because for answer in answers if isinstance(answer, Conflict)]
        return answers


class Held:
    """Commits whose first write to the identity store waits, and may fail, when told."""

    def __init__(self, world: World) -> None:
        self._watched = Conflicts(world.house.commits)
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()
        self.fails = False
        self.conflicts = self._watched.seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._watched, name)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        """As the store does, but for the first group of persons."""
        if changes[0].store == "identity" and not self.reached.is_set():
            self.reached.set()
            await self.go_on.wait()
            if self.fails:
                raise Unavailable("identity store: expected a writable database")
        return await self._watched.commit_each(changes)
