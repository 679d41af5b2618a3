"""What write keys and secrets of providers have in common: whose channel they are of, and until when they count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.authority import digest, place_digest, signed
from lockhouse.ledger.entry import Credential as CredentialEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Credential

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.policy import Channel

LIVE: Final = 0
ENDED: Final = 1
MARK: Final = "#"
"""What is shown of a provider's secret begins so, and what is shown of a write key never does."""
OVERLAP_HOURS: Final = 24
MOST_OVERLAP_HOURS: Final = 30 * 24
_HOUR_MS = 3_600_000


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


def overlap_ms(hours: int) -> int:
    """How long those before a new one are taken beside it, in ms.

    Raises:
        Invalid: it is no time from an hour to thirty days.
    """
    if not 1 <= hours <= MOST_OVERLAP_HOURS:
        raise Invalid("overlap-hours", f"a whole number of hours from 1 to {MOST_OVERLAP_HOURS}", got=f"{hours}")
    return hours * _HOUR_MS


async def give_end(house: House, rows: Sequence[Credential], *, until: int, by: str) -> list[Credential]:
    """These credentials are taken until then (ms), or until their own end if that is sooner, in every process.

    The ledger tells of each. Those that end sooner stay as they are.

    Raises:
        Moved: somebody changed one meanwhile; none was given an end.
    """
    left = [row for row in rows if row.until_at is None or row.until_at > until]
    if not left:
        return []
    ending = [signed(replace(row, until_at=until, entry=house.ids.new(), mac=b""), house.integrity_key) for row in left]
    unmoved = tuple(
        Expect(Credential.TABLE, (row.generation, row.hash), {"mac": row.mac}, False, "credential-moved")  # noqa: FBT003
        for row in left
    )
    puts = tuple(Put(Credential.TABLE, row) for row in ending)
    if isinstance(await house.commits.commit(Change("identity", puts=puts, expects=unmoved)), Conflict):
        raise Moved("key: expected those before as they were read", hint="lockhouse channel show names those that live")
    await house.epochs.announce(key=True)
    entries = tuple(
        CredentialEntry(
            change="ended", channel=row.channel, assurance=row.assurance, by=by, row=digest(row),  # type: ignore[arg-type]  # 1..3
            place=place_digest(row), until=until,
        ).draft(id=row.entry, lane=house.lane)
        for row in ending
    )  # fmt: skip
    await house.commits.commit(Change("record", entries=entries))
    return ending
