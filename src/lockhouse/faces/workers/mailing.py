"""Mail to staff, in the worker: what is due goes out; a mail server that fails is left alone for longer each time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lockhouse.faces import logs
from lockhouse.flows.mail import Sent, end_mail, send_mail
from lockhouse.wiring_mail import out_of

if TYPE_CHECKING:
    from lockhouse.wiring import Opened

EVERY_S = 5.0
"""One short read of an index when nothing is due."""
AWAY_S = 10.0
MOST_AWAY_S = 300.0


class Mailing:
    """The rounds over the house's mail."""

    def __init__(self, opened: Opened) -> None:
        self._house = opened.house
        self._out = out_of(opened.settings)
        self._rest_until_s = 0.0
        self._failed = 0

    async def act(self) -> None:
        """A round, unless the mail server is to be left alone."""
        now = asyncio.get_running_loop().time()
        if now < self._rest_until_s:
            return
        sent = await send_mail(self._house, self._out)
        if sent.sent or sent.given_up or sent.expired:
            logs.get().info("mail", sent=sent.sent, given_up=sent.given_up, expired=sent.expired)
        if sent.fault is not None:
            self._rest(sent, now)
        elif sent.sent or sent.given_up:
            self._failed = 0

    def _rest(self, sent: Sent, now: float) -> None:
        """Told once, not at each try, until something goes again."""
        if not self._failed:
            logs.get().warning("mail waits", fault=sent.fault, hint="lockhouse doctor")
        self._rest_until_s = now + min(AWAY_S * 2**self._failed, MOST_AWAY_S)
        self._failed = min(self._failed + 1, 10)

    async def end(self) -> None:
        """Mail that makes no sense any more is gone, also what was given up."""
        ended = await end_mail(self._house)
        if ended:
            logs.get().info("mail", sent=0, given_up=0, expired=ended)
