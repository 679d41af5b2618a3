"""Sending on to every recipient at once: one that is slow or away delays nobody else's events."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lockhouse.errors import LockhouseError
from lockhouse.faces import logs
from lockhouse.faces.serve.keys import write_key
from lockhouse.flows.forward import forward
from lockhouse.gates.pauses import is_paused

if TYPE_CHECKING:
    from lockhouse.wiring import Opened

KIND = "segment"
AWAY_S = 5.0
"""A recipient whose round failed is left alone this long, twice as long after each further failure."""
MOST_AWAY_S = 900.0


class Sending:
    """The outbox's rounds, one task a recipient."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._rest_until_s: dict[str, float] = {}
        self._told: set[str] = set()
        self._failed: dict[str, int] = {}

    async def act(self) -> None:
        """Begin a round for every recipient that is served, has no round under way and is not to be left alone."""
        live = self._opened.house.live_policy
        now = asyncio.get_running_loop().time()
        for recipient in live.policy.recipients.values() if live else ():
            name = recipient.name
            busy = name in self._tasks and not self._tasks[name].done()
            if recipient.served and recipient.kind == KIND and not busy and self._rest_until_s.get(name, 0.0) <= now:
                self._tasks[name] = asyncio.create_task(self._send(name))

    async def close(self) -> None:
        """Cut the rounds off; what was not answered for is sent again."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _send(self, name: str) -> None:
        """Rounds for one recipient while there is something that goes."""
        rest_s = min(AWAY_S * 2 ** self._failed.get(name, 0), MOST_AWAY_S)
        self._failed[name] = min(self._failed.get(name, 0) + 1, 10)
        try:
            key = write_key(self._opened.folder, name)
            while True:
                if await self._is_paused(name):
                    rest_s = AWAY_S
                    self._failed.pop(name, None)
                    return
                sent = await forward(self._opened.house, name, http=self._opened.http, write_key=key)
                self._failed.pop(name, None)
                if sent.sent or sent.held or sent.dead:
                    self._told.discard(name)
                    logs.get().info("sent on", recipient=name, sent=sent.sent, held=sent.held, dead=sent.dead)
                    continue
                if sent.waiting:
                    self._tell(name, waiting=sent.waiting, why="no answer, or one that may pass")
                rest_s = sent.wait_s
                return
        except LockhouseError as error:
            self._tell(name, **logs.fault(error))
        except Exception as error:  # noqa: BLE001  # the edge of this task: the others go on
            logs.get().error("recipient waits", recipient=name, **logs.fault(error))
        finally:
            self._rest_until_s[name] = asyncio.get_running_loop().time() + rest_s

    async def _is_paused(self, name: str) -> bool:
        """Whether somebody took it out of service; one that left the policy meanwhile is the round's to say."""
        known = self._opened.house.live().policy.recipients.get(name)
        return known is not None and await is_paused(self._opened.house, "recipient", known.id)

    def _tell(self, name: str, **what: Any) -> None:
        """Once, not at each try, until something goes again."""
        if name not in self._told:
            self._told.add(name)
            logs.get().warning("recipient waits", recipient=name, **what)
