"""What proves the deliveries of each channel, remembered for a moment: no look-up for every delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable
from lockhouse.faces.collect.ports import Hook
from lockhouse.faces.hook_kinds import way_of
from lockhouse.flows.hook import door

if TYPE_CHECKING:
    from lockhouse.gates.house import House

CACHED_S = 5.0
"""A secret that was ended elsewhere is taken at most this long; an epoch's move drops it at once."""


class HookDoors:
    """The channels that providers deliver to, by name."""

    def __init__(self, house: House, *, public_url: str) -> None:
        self._house = house
        self._public_url = public_url.rstrip("/")
        self._known: dict[str, tuple[Hook, float]] = {}
        self._seen = (house.seen_policy, house.seen_key)

    async def of(self, name: str) -> Hook | None:
        """The channel of this name; None where the live policy has none, or none that providers deliver to.

        Raises:
            Unavailable: the identity store is away, and nobody remembers the channel's secrets.
            Tampered: a secret or its credential was not made by this house.
        """
        seen, now = (self._house.seen_policy, self._house.seen_key), self._house.clock.monotonic_s()
        if seen != self._seen:
            self._seen = seen
            self._known.clear()
        known = self._known.get(name)
        if known is not None and known[1] > now:
            return known[0]
        channel = self._house.live().policy.channels.get(name)
        way = None if channel is None or not channel.served else way_of(channel)
        if way is None:
            return None
        try:
            found = await door(self._house, name, form=way.form)
        except Unavailable:
            if known is None:
                raise
            return known[0]  # no epoch moved that this process heard of, so none was ended
        hook = Hook(
            channel=found.channel,
            kind=way.kind,
            signing=way.signing,
            secrets=found.secrets,
            credential=found.credential,
            url=f"{self._public_url}/hooks/{name}" if self._public_url else "",
            paused=found.paused,
        )
        self._known[name] = (hook, now + CACHED_S)
        return hook
