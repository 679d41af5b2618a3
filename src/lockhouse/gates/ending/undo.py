"""Taking back what was imported: single records of living persons leave, and the ledger says why.

No key ends by it: keys are a person's, and the person stays. So what a backup holds of these records opens until the
backup ends; who must be forgotten is erased. A record leaves in one commit with the receipt of its message, so that the
same row may come again, mended; with what waits to be sent of it; and with the row that says that it came with this
batch. Its absence is covered by a `deletion` entry whose cause is `undo`, as those of the swept are.

What a legal hold keeps is not taken back: the batch stays whole until the hold is released.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.errors import Refused, Unavailable
from lockhouse.gates.authority import signed, sound
from lockhouse.gates.holds import holds_of_persons
from lockhouse.gates.imports import UNDOING, UNDONE, move, moved, records_of
from lockhouse.gates.snapshots import spoilt_by
from lockhouse.ledger.entry import Gone, Undo, deletion_of
from lockhouse.ledger.record import record_leaf_of
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import Deletion, Import, Imported, Outbox, Receipt, Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from lockhouse.gates.holds import Terms
    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft
    from lockhouse.model.rows import Hold

CHUNK = 500
CAUSE = "undo"
MAX_TRIES = 5
_SENT = 1


class TakenBack(NamedTuple):
    """How many records went in one step, and how many of their copies had been sent to somebody before.

    `row` is the batch behind it; what its `stored` still counts in the end was not found.
    """

    row: Import
    records: int
    sent: int


async def begin_undo(house: House, row: Import, *, by: str) -> Import:
    """From here on nothing more of the batch is stored, whoever is still at it; noted in the ledger.

    Raises:
        Refused: a legal hold keeps something of it.
        Tampered: a hold is not as this house made it: then nobody can say what it keeps.
        Conflict: another process moved the batch meanwhile.
    """
    await _require_unheld_batch(house, row)
    if row.state == UNDOING:
        return row
    begun = msgspec.structs.replace(row, state=UNDOING, fence=row.fence + 1, moved_at=house.clock.now_ms())
    return await move(house, begun, was=row, said=Undo(batch=row.id.hex(), channel=row.channel, by=by))


async def _require_unheld_batch(house: House, row: Import) -> None:
    """None of its records is one that a hold keeps, so that a batch is not half taken back before one is met.

    It is the held persons' records that are looked through: they are few, and a batch may be a million rows.
    """
    holds = await holds_of_persons(house)
    for person in holds:
        behind = None
        while rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=CHUNK):
            behind = (rows[-1].id,)
            came = await house.reads.get(Imported, [(row.id, one.id) for one in rows])
            _require_unheld([one for one in sound(rows) if (row.id, one.id) in came], holds)


def _require_unheld(records: Sequence[Record], holds: Mapping[bytes, Sequence[tuple[Hold, Terms]]]) -> None:
    for record in records:
        for hold, terms in holds.get(record.person, ()):
            if terms.keeps(record):
                name = hold.id.hex()
                hint = f"what is held stays until `lockhouse hold release {name}`; who must be forgotten can be erased"
                raise Refused(
                    f"undo: expected records that nothing keeps, got one under legal hold {name}", reasons=("hold",),
                    hint=hint,
                )  # fmt: skip


async def take_back(house: House, row: Import) -> AsyncIterator[TakenBack]:
    """Chunk after chunk, every record of the batch is gone, then the batch is said to be; each step one commit.

    What was cut off is carried on by another call. A record that has left already, with an erased person, is passed by.

    Raises:
        Refused: a legal hold was placed meanwhile on what is left of it.
        Tampered: a row that says what came with the batch, or a hold, is not this house's.
        Conflict: another process moved the batch.
        Unavailable: its records are being sealed again all the time.
    """
    tries = 0
    while rows := await records_of(house, row.id, limit=CHUNK):
        done = await _step(house, row, rows)
        if done is None:
            tries += 1
            if tries >= MAX_TRIES:
                raise Unavailable("undo: expected records that stand still, got moving ones", retry_after_s=1.0)
            continue
        tries, row = 0, done.row
        yield done
    await move(house, msgspec.structs.replace(row, state=UNDONE, moved_at=house.clock.now_ms()), was=row)


async def _step(house: House, row: Import, rows: list[Imported]) -> TakenBack | None:
    """One chunk; None if one of its records was sealed again meanwhile."""
    keys = [(one.record,) for one in rows]
    records = list(sound((await house.reads.get(Record, keys)).values()))
    _require_unheld(records, await holds_of_persons(house))
    ids = {one.record for one in rows}
    persons = sorted({one.person for one in records})
    outbox = [one for one in await house.reads.find(Outbox, ("person",), [(one,) for one in persons])
              if one.record in ids]  # fmt: skip
    sent = sum(one.state == _SENT for one in outbox)
    left = max(0, row.stored - len(rows))  # of a batch that was cut off, more may have come than it had counted
    after = signed(msgspec.structs.replace(row, stored=left, moved_at=house.clock.now_ms()), house.integrity_key)
    change = _change(house, row, rows, records)
    deletes = (*change.deletes, *(Delete(Outbox.TABLE, (one.id,)) for one in outbox))
    puts = (*change.puts, Put(Import.TABLE, after))
    answer = await house.commits.commit(msgspec.structs.replace(change, puts=puts, deletes=deletes))
    if not isinstance(answer, Conflict):
        return TakenBack(after, len(records), sent)
    if answer.because == "import-moved":
        raise moved()
    return None


def _change(house: House, row: Import, rows: list[Imported], records: list[Record]) -> Change:
    """The records gone, a `Deletion` for each and the entry that covers them.

    The leaf is computed from the row as it stands, as for the swept: one that somebody edited is found all the same.
    """
    puts: tuple[Put, ...] = ()
    entries: tuple[Draft, ...] = ()
    if records:
        gone, entry = [Gone(one.id, record_leaf_of(one)) for one in records], house.ids.new()
        entries = (deletion_of(gone, cause=CAUSE, by=row.entry).draft(id=entry, lane=house.lane),)
        puts = tuple(Put(Deletion.TABLE, Deletion(one.record, one.leaf, CAUSE, entry)) for one in gone)
    stands = {"state": UNDOING, "fence": row.fence, "stored": row.stored}
    return Change(
        "record",
        puts=puts,
        deletes=(
            *(Delete(Record.TABLE, (one.id,)) for one in records),
            *spoilt_by(records),
            *(Delete(Receipt.TABLE, (row.channel, one.message)) for one in rows),
            *(Delete(Imported.TABLE, (one.batch, one.record)) for one in rows),
        ),
        expects=(
            Expect(Import.TABLE, (row.id,), stands, or_absent=False, because="import-moved"),
            *(
                Expect(Record.TABLE, (one.id,), {"boxes": one.boxes}, or_absent=False, because="record-moved")
                for one in records
            ),
        ),
        entries=entries,
    )
