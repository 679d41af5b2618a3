"""What every work in ranges stands on: a person who lives, and an entry before anything of theirs is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.noted import refs_root
from lockhouse.errors import NotFound
from lockhouse.gates.disclose.noting import commit_note, ticket
from lockhouse.gates.facts import SEAL_OPEN
from lockhouse.gates.rings import admit_rings, refuse_ended
from lockhouse.ledger.entry import Rework
from lockhouse.model.change import Change, Expect
from lockhouse.model.rows import Record, Seal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockhouse.crypto.noted import Noted
    from lockhouse.gates.house import House

RANGE = 200
"""Records a range: one entry, one commit."""
LEASE_MS = 5_000
"""Not durable by then, a range is not to be written: its keys may have ended."""
PURPOSE = "service"
CAUSE = "operator"


class LostError(Exception):
    """The lease ran out between two instructions, or the ring made room for others."""


async def living(house: House, person: bytes) -> Seal:
    """The person's ring is in use and holds nothing that has ended; their seal as it is now.

    Raises:
        NotFound: no such person, or they are ending or have ended.
    """
    stored = (await house.reads.get(Seal, [(person,)])).get((person,))
    seal = stored or Seal(person, 0, SEAL_OPEN)
    await admit_rings(house, [person])
    await refuse_ended(house, [person])
    if seal.state != SEAL_OPEN or house.keyring.version_of(person) is None:
        raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
    return seal


async def noted_range(
    house: House, person: bytes, compartments: Collection[int], *, action: str, by: str
) -> tuple[Noted, bytes]:  # fmt: skip
    """The durable entry of a range, and the ticket made from it."""
    ref, entry = house.keyring.ref(person), house.ids.new()
    said = Rework(
        actor=by, purpose=PURPOSE, action=action, compartments=sorted(compartments), count=1,
        refs_root=refs_root([ref]).hex(), cause=CAUSE,
    )  # fmt: skip
    answer = await commit_note(house, Change("record", entries=(said.draft(id=entry, lane=house.lane, urgent=True),)))
    return ticket(house, answer.notings[0], [ref]), entry


def stand_still(rows: Iterable[Record], seal: Seal) -> tuple[Expect, ...]:
    """That these records, and their person's seal, are as they were read."""
    records = tuple(
        Expect(Record.TABLE, (row.id,), {"salt": row.salt, "boxes": row.boxes}, or_absent=False,
               because="record-moved")
        for row in rows
    )  # fmt: skip
    still = Expect(
        Seal.TABLE, (seal.person,), {"version": seal.version, "state": SEAL_OPEN}, or_absent=seal.version == 0,
        because="seal-moved",
    )  # fmt: skip
    return (*records, still)
