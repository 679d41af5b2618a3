"""How far a retention run reaches, and whether that is much: counted before it shuts anything.

What a keep says is over is shut at once, however much it is: a look would not show it. Only the destruction waits, for
the word of two (`flows.confirm`). So a run that would end the house can be called off by whoever puts its cause right.

What runs of the last day ended counts along, so that much is much in many small runs too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Tampered
from lockhouse.gates.cases import Extent, sound_cases
from lockhouse.gates.ending.reach import living
from lockhouse.gates.trusted_time import ledger_now
from lockhouse.model.ids import DAY_MS
from lockhouse.rights.blast import is_much

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.cases import What
    from lockhouse.gates.house import House
    from lockhouse.model.rows import Record


async def extent_of(
    house: House, what: What, ends: Callable[[Record, SealedBox], bool], *, told: Callable[[int], None] = lambda _: None
) -> Extent | msgspec.UnsetType:
    """How much of what lives a run is about to end; unset in a demo house, where nothing is much.

    Every record is read, and none opened. Where a tombstone is not of this house nobody can say what lives: then all of
    it is said to end, so that the run waits for people, and shuts all the same.

    Args:
        house: as it stands.
        what: the run's cases end.
        ends: whether it ends a box of a record.
        told: of how many records were looked at.
    """
    if house.demo:
        return msgspec.UNSET
    boxes = of_boxes = 0
    try:
        async for held in living(house, told=told):
            of_boxes += len(held)
            boxes += sum(ends(row, box) for row, box in held)
    except Tampered:
        return Extent(id=house.ids.new(), boxes=of_boxes, of_boxes=of_boxes, is_much=True)
    today, usual = await _before(house, what)
    share = (boxes + today) / max(1, of_boxes)
    return Extent(id=house.ids.new(), boxes=boxes, of_boxes=of_boxes, is_much=is_much(share, usual))


async def _before(house: House, what: What) -> tuple[int, list[float]]:
    """Boxes that routine runs of the last day ended, and the share that each run of this kind did, the newest last.

    A run that was called off, or that nobody meant, tells nothing of what is usual.
    """
    since = await ledger_now(house) - DAY_MS
    today, usual = dict[bytes, int](), dict[bytes, float]()
    for case in (await sound_cases(house, also_closed=True))[0]:
        if case.run is msgspec.UNSET or case.step in {"cancelling", "cancelled"}:
            continue
        if case.asked_at > since and not case.run.is_much:
            today[case.run.id] = case.run.boxes
        if case.what == what and not case.is_unmeant:
            usual[case.run.id] = case.run.share
    return sum(today.values()), list(usual.values())
