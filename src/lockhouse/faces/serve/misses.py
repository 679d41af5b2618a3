"""Keys that nobody has, counted by the network they came from, so that guessing is slow and cheap to turn away."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockhouse.model.ports import Clock

AT_ONCE = 60
"""Unknown keys that a network may show before it must wait: a fleet of tills with an ended key is no attack."""
AGAIN_S = 1.0
"""After those, one more each second."""
NETWORKS = 10_000


class Misses:
    """A token bucket a network; networks that were quiet longest are forgotten first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._owed: OrderedDict[str, float] = OrderedDict()

    def add(self, network: str) -> None:
        """A key that nobody has came from this network."""
        now = self._clock.monotonic_s()
        self._owed[network] = max(self._owed.get(network, now), now) + AGAIN_S
        self._owed.move_to_end(network)
        if len(self._owed) > NETWORKS:
            self._owed.popitem(last=False)

    def wait_s(self, network: str) -> float:
        """Seconds until this network may show another unknown key; 0 when it may now."""
        ahead = self._owed.get(network, 0.0) - self._clock.monotonic_s()
        return max(0.0, ahead - (AT_ONCE - 1) * AGAIN_S)
