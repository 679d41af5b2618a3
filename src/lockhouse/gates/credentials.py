"""What write keys and secrets of providers have in common: whose channel they are of, and until when they count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockhouse.errors import NotFound

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Channel
    from lockhouse.model.rows import Credential

LIVE: Final = 0
ENDED: Final = 1
MARK: Final = "#"
"""What is shown of a provider's secret begins so, and what is shown of a write key never does."""


def lives(row: Credential, now: int) -> bool:
    """Whether a credential is taken at this time, in ms."""
    return row.state == LIVE and (row.until_at is None or now < row.until_at)


def channel_named(house: House, name: str) -> Channel:
    """The channel of this name.

    Raises:
        NotFound: the live policy has none.
    """
    channel = house.live().policy.channels.get(name)
    if channel is None:
        raise NotFound(
            "channel: expected a channel of the live policy", hint="lockhouse channel list; add it to the policy first"
        )
    return channel
