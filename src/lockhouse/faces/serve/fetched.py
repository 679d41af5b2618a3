"""What stands at addresses that kinds of webhooks pin: fetched once, kept for a day, and never asked for in a hurry.

Whoever knows a channel's topic can name addresses at the pinned host before anything is proven. So few are asked for,
one at a time, in a minute; one that could not be had is not asked for again within it; and what was had stays known,
whatever else is named.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from lockhouse.errors import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.model.ports import Clock

AT_MOST: Final = 16 * 1024
"""Bytes; a certificate has about two thousand."""
KEPT_S: Final = 24 * 3600.0
AGAIN_S: Final = 60.0
MOST_KNOWN: Final = 32
MOST_A_MINUTE: Final = 6
_OK = 200
_CLIENT, _SERVER = 400, 500
_What = TypeVar("_What")


class Ask(Protocol):
    """A GET at a host that somebody pinned, over TLS, without redirects, to public addresses alone."""

    async def __call__(
        self, url: str, *, body: bytes | None, headers: Mapping[str, str], at_most: int
    ) -> tuple[int, bytes]:
        """The status and the body.

        Raises:
            Unavailable: no answer, or one that is longer.
            Refused: the address is not one that may be sent to.
        """
        ...


class Fetched:
    """What was had, and what could not be had a moment ago."""

    def __init__(self, ask: Ask | None, *, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._had: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._lacking: OrderedDict[str, tuple[bool, float]] = OrderedDict()
        self._asked: deque[float] = deque(maxlen=MOST_A_MINUTE)
        self._turn = asyncio.Lock()

    def known(self, url: str) -> bytes | None:
        """What is known to stand there, nothing included; None where it must be asked for.

        Raises:
            Unavailable: it could not be had a moment ago.
        """
        now = self._clock.monotonic_s()
        had = self._had.get(url)
        if had is not None and had[1] > now:
            return had[0]
        lacking = self._lacking.get(url)
        if lacking is None or lacking[1] <= now:
            return None
        if lacking[0]:
            return b""
        raise _away(lacking[1] - now)

    async def fetch(self, url: str) -> bytes:
        """What stands there; empty where its host says that nothing does.

        Raises:
            Unavailable: it cannot be had now.
        """
        async with self._turn:
            known = self.known(url)  # whoever waited for another's answer has it now
            return known if known is not None else await self._fetch(url)

    async def _fetch(self, url: str) -> bytes:
        now = self._clock.monotonic_s()
        if self._ask is None:
            raise _away(AGAIN_S)
        if len(self._asked) == MOST_A_MINUTE and self._asked[0] > now - AGAIN_S:
            raise _away(self._asked[0] + AGAIN_S - now)
        self._asked.append(now)
        try:
            status, content = await self._ask(url, body=None, headers={}, at_most=AT_MOST)
        except (Unavailable, Refused) as err:
            self._keep_lacking(url, is_final=False)
            raise _away(AGAIN_S) from err
        if status == _OK:
            _put(self._had, url, (content, self._clock.monotonic_s() + KEPT_S))
            return content
        self._keep_lacking(url, is_final=_CLIENT <= status < _SERVER)
        if _CLIENT <= status < _SERVER:
            return b""
        raise _away(AGAIN_S)

    def _keep_lacking(self, url: str, *, is_final: bool) -> None:
        _put(self._lacking, url, (is_final, self._clock.monotonic_s() + AGAIN_S))


def _put(where: OrderedDict[str, tuple[_What, float]], url: str, what: tuple[_What, float]) -> None:
    where[url] = what
    where.move_to_end(url)
    while len(where) > MOST_KNOWN:
        where.popitem(last=False)


def _away(retry_after_s: float) -> Unavailable:
    return Unavailable("webhook provider: expected what proves a delivery, got none", retry_after_s=retry_after_s)
