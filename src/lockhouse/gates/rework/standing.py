"""Snapshots that stand: opened to be gone on from, and taken away where they are not as this house made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Erased, Expired, Tampered, Unavailable
from lockhouse.gates.authority import sound
from lockhouse.gates.pace import Footing
from lockhouse.gates.rework.range import LEASE_MS, PURPOSE, LostError, living, noted_range
from lockhouse.gates.snapshots import Kept, is_too_large, opened_snapshot, place_of
from lockhouse.model.change import Change, Conflict, Delete, Expect
from lockhouse.model.rows import Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House

TRIES = 5


async def opened_standing(
    house: House, snapshots: Sequence[Snapshot], footing: Footing, *, by: str
) -> tuple[list[tuple[Snapshot, list[Kept]]], list[Snapshot]]:
    """What a source person's snapshots hold, noted before any is opened; and those of them that do not open.

    One whose key has ended is neither.

    Raises:
        LostError: the lease ran out, or the ring made room for others.
        Unavailable: the entry did not become durable.
        Conflict: the policy or the keys moved.
    """
    opened, spoilt = list[tuple[Snapshot, list[Kept]]](), list[Snapshot]()
    if not snapshots:
        return opened, spoilt
    noted, _ = await noted_range(
        house, snapshots[0].person, {one.compartment for one in snapshots}, action="snapshot", by=by
    )
    await footing.hold()
    for one in snapshots:
        await footing.step()
        try:
            opened.append((one, opened_snapshot(house, one, noted, purpose=PURPOSE)))
        except (Erased, Expired):
            continue
        except Tampered:
            spoilt.append(one)
        except Unavailable as err:
            raise LostError from err
    return opened, spoilt


async def taken_away(house: House, snapshots: Sequence[Snapshot]) -> bool:
    """Whether these snapshots are gone; not if one of them is another by now."""
    places = [place_of(one) for one in snapshots]
    expects = [
        Expect(
            Snapshot.TABLE, place, {"blob": one.blob, "covers": one.covers}, or_absent=True, because="snapshot-moved"
        )
        for place, one in zip(places, snapshots, strict=True)
    ]
    change = Change(
        "record", deletes=tuple([Delete(Snapshot.TABLE, place) for place in places]), expects=tuple(expects),
        deadline=house.clock.now_ms() + LEASE_MS,
    )  # fmt: skip
    return not isinstance(await house.commits.commit(change), Conflict)


async def mend_snapshots(house: House, person: bytes, *, by: str) -> int:
    """A source person has no snapshot that this house did not make, or that its key does not open; how many there were.

    Args:
        by: the actor who orders it.

    Raises:
        NotFound: no such person, or they are ending or have ended.
        Unavailable: the lease is lost, the clock is in doubt, or a store is away.
        Conflict: the rows or the keys keep moving.
    """
    for _ in range(TRIES):
        footing = await Footing.of(house)
        await living(house, person)
        firm, spoilt = list[Snapshot](), list[Snapshot]()
        for one in await house.reads.find(Snapshot, ("person",), [(person,)]):
            (firm if _is_sound(one) else spoilt).append(one)
        whole = [one for one in firm if not is_too_large(one)]
        try:
            _, closed = await opened_standing(house, whole, footing, by=by)
        except (Moved, LostError):
            continue
        if not (spoilt := [*spoilt, *closed]) or await taken_away(house, spoilt):
            return len(spoilt)
    raise Moved("snapshot: expected the person's snapshots and keys to hold still", hint="try again")


def _is_sound(one: Snapshot) -> bool:
    try:
        sound([one])
    except Tampered:
        return False
    return True
