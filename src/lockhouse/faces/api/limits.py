"""How often a token may ask: so many requests in a minute that begins with its first one.

The window is fixed: the first request opens it, and 60 seconds later the next request opens a new one. Each request of
a token that stands counts, whatever is answered; one without such a token counts to the network that it came from.
Counts are of one process. Where several serve the API each has its part of the whole, so that all of them together let
through no more than one does. They are told in the header fields of draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

from collections import OrderedDict
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW_S = 60
MOST_KNOWN = 4_096
"""Tokens and networks that are counted at once; the one whose window opened first is forgotten."""


class Most(NamedTuple):
    """Requests in a window: of a token, and of a network that shows none that stands."""

    token: int = 600
    stranger: int = 60

    def part(self, processes: int) -> Most:
        """What each of so many processes lets through; at least one request."""
        return Most(max(1, self.token // processes), max(1, self.stranger // processes))


class Left(NamedTuple):
    """What is left of a window, and how many seconds it lasts; `over`: this request was one too many."""

    policy: str
    most: int
    left: int
    reset_s: int
    over: bool

    def headers(self) -> dict[str, str]:
        """The same as header fields."""
        told = {
            "RateLimit-Policy": f'"{self.policy}";q={self.most};w={WINDOW_S}',
            "RateLimit": f'"{self.policy}";r={self.left};t={self.reset_s}',
        }
        return told | ({"Retry-After": str(self.reset_s)} if self.over else {})


class Limiter:
    """Counts requests.

    Args:
        most: see `Most`.
        clock_s: one that no operator can set.
    """

    def __init__(self, most: Most, clock_s: Callable[[], float]) -> None:
        self._most = most
        self._clock_s = clock_s
        self._open: OrderedDict[tuple[str, bytes], tuple[float, int]] = OrderedDict()

    def of_token(self, token: bytes) -> Left:
        """One more request of a token that stands."""
        return self._take("token", token, self._most.token)

    def of_stranger(self, network: str | None) -> Left:
        """One more request from a network, without such a token."""
        return self._take("stranger", (network or "").encode(), self._most.stranger)

    def _take(self, policy: str, who: bytes, most: int) -> Left:
        now, key = self._clock_s(), (policy, who)
        since, taken = self._open.get(key, (now, 0))
        if now - since >= WINDOW_S:
            self._open.pop(key, None)
            since, taken = now, 0
        self._open[key] = (since, taken + 1)
        if len(self._open) > MOST_KNOWN:
            self._open.popitem(last=False)
        reset_s = max(1, ceil(since + WINDOW_S - now))
        return Left(policy, most, max(0, most - taken - 1), reset_s, taken >= most)
