"""What is left of an event where parts of its person have ended since it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.policy.reduce import TOO_OLD, Seen

if TYPE_CHECKING:
    from collections.abc import Collection


def without(seen: Seen, ended: Collection[int], *, live: int) -> Seen:
    """The same but for what would be kept in these compartments, which is dropped as too old.

    Args:
        seen: what a reducer saw in the event.
        ended: compartments.
        live: the purposes that are live for it, as bits.
    """
    left = Seen(seen.plan)
    left.parsed, left.dropped = seen.parsed, seen.dropped.copy()
    for name, (leaf, raw) in seen.found.items():
        place = leaf.places.get(live & leaf.mask)
        if place is None or place[0] not in ended:
            left.found[name] = (leaf, raw)
        else:
            left.dropped[(leaf.path, TOO_OLD)] = None
    return left
