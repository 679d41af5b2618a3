"""What channels were counted for: what they sent that was not kept, and what observed ones sent; and what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.gates import quarantine
from lockhouse.gates.pulse import is_pulse
from lockhouse.gates.sights import MORE, REASON, UNKNOWN_EVENT, WOULD_BE_KEPT
from lockhouse.model.rows import Drop
from lockhouse.policy.observe import read, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.house import House
    from lockhouse.gates.quarantine import Waiting


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One path of one event of an observed channel; keys that are in no vocabulary and may be values stand as `*`.

    Attributes:
        keys: the path, `[]` for the items of a list.
        path: the same, dotted.
        shape: what the values look like, one of `policy.observe.SHAPES`.
        count: events in which it was seen so.
        first_at, last_at: ms.
    """

    event: str
    path: str
    shape: str
    count: int
    first_at: int
    last_at: int
    keys: tuple[str, ...]


class NotKept(NamedTuple):
    """How much of a channel was not kept: fields of events, and whole events that the policy does not name."""

    fields: int = 0
    events: int = 0


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What an observed channel sent.

    Attributes:
        seen: by event, then by path.
        kept: (field, count) of what the policy would have kept.
        more: how often something came that is beyond the bounds, and is counted without its path.
    """

    seen: tuple[Seen, ...]
    kept: tuple[tuple[str, int], ...]
    more: int


async def observed(house: House, channel: int) -> Observed:
    """What was counted while a channel was in stage `observe`; empty for one that never was.

    Args:
        house: as it stands.
        channel: its number.
    """
    rows = await house.reads.find(Drop, ("channel",), [(channel,)])
    seen = [_seen(row) for row in rows if row.reason.startswith(REASON) and (row.path, row.reason) != MORE]
    return Observed(
        seen=tuple(sorted(seen, key=lambda one: (one.event, one.path, -one.count))),
        kept=tuple(sorted((row.path, row.count) for row in rows if row.reason == WOULD_BE_KEPT)),
        more=sum(row.count for row in rows if (row.path, row.reason) == MORE),
    )


def _seen(row: Drop) -> Seen:
    event, keys = read(row.path)
    return Seen(
        event=event, path=shown(keys), shape=row.reason.removeprefix(REASON), count=row.count, first_at=row.first_at,
        last_at=row.last_at, keys=keys,
    )  # fmt: skip


async def drops_of(house: House, channel: int) -> list[Drop]:
    """What a channel sent that was not kept, or would not have been."""
    return [row for row in await house.reads.find(Drop, ("channel",), [(channel,)]) if _is_drop(row)]


async def waiting(house: House, channel: int) -> Waiting:
    """How much of what a channel sent waits for a replay, and until when; nothing is opened."""
    return await quarantine.waiting(house, channel)


async def dropped_by_channel(house: House) -> dict[int, NotKept]:
    """How much was not kept, by channel."""
    found: dict[int, list[Drop]] = {}
    async for rows in house.reads.scan(Drop):
        for row in filter(_is_drop, rows):
            found.setdefault(row.channel, []).append(row)
    return {channel: not_kept_of(rows) for channel, rows in found.items()}


def not_kept_of(drops: Iterable[Drop]) -> NotKept:
    """How much these rows count."""
    fields = events = 0
    for row in drops:
        if is_event(row):
            events += row.count
        else:
            fields += row.count
    return NotKept(fields, events)


def is_event(row: Drop) -> bool:
    """Whether it counts events that the policy does not name; any other counts fields."""
    return (row.path, row.reason) in UNKNOWN_EVENT


def _is_drop(row: Drop) -> bool:
    return not (row.reason.startswith(REASON) or row.reason == WOULD_BE_KEPT or is_pulse(row.reason))
