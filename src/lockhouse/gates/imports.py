"""Batches of imported rows: begun, carried on, done; and who of several processes goes on with one.

A batch is one file, one channel and one mapping. Its row moves with its rows, chunk after chunk; each of its records
expects the fence that the row had when the process took it up, so that a process which was stopped and woke up late
stores nothing more once another has taken over, or once the batch is being taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import NotFound
from lockhouse.gates.authority import checked, checked_bound, signed
from lockhouse.ledger.entry import Import as ImportEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Import, Imported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.ledger.entry import Body
    from lockhouse.model.change import Draft

OPEN, DONE, UNDOING, UNDONE = range(4)
STAFF_CHANNEL = 0
"""What a batch of consents is known by among those that were imported: no channel has this number."""
_ID_BYTES = 16
_PAGE = 5_000
_CLASS = "import"
"""What batches are known by among the tags of messages: no credential has this class."""


def batch_id(house: House, content: bytes, *, channel: int, mapping: bytes) -> bytes:
    """The id of the batch that this file makes through this channel by this mapping.

    Keyed, so that it does not tell who has the list in hand that this is the list.

    Args:
        content: hash of the file. mapping: its canonical bytes.
    """
    known_as = f"{content.hex()} {channel} {mapping.hex()}"
    return house.message_tags.tag(known_as, credential_class=_CLASS)[:_ID_BYTES]


async def batch_of(house: House, batch: bytes) -> Import | None:
    """The batch, or None if there never was one.

    Raises:
        Tampered: its row was not made, or not left, as this house made it.
    """
    rows = await house.reads.get(Import, [(batch,)])
    return next(iter(checked(rows.values(), house.integrity_key)), None)


async def batches(house: House) -> list[Import]:
    """Every batch there ever was, oldest first.

    Raises:
        Tampered: as `batch_of`.
    """
    found = [row async for some in house.reads.scan(Import) for row in checked(some, house.integrity_key)]
    return sorted(found, key=lambda row: row.began_at)


async def existing(house: House, batch: bytes) -> Import:
    """The batch.

    Raises:
        NotFound: there never was one.
        Tampered: as `batch_of`.
    """
    row = await batch_of(house, batch)
    if row is None:
        raise NotFound("batch: expected one that was imported, got another", hint="lockhouse import list")
    return row


async def take_up(house: House, batch: bytes, *, channel: int, by: str) -> Import:
    """The batch is this process's: begun anew, or taken over from where it stopped. Noted in the ledger.

    Raises:
        Moved: it is being taken back, or another process takes it up at the same time.
    """
    was, now = await batch_of(house, batch), house.clock.now_ms()
    if was is not None and was.state == UNDOING:
        raise Moved(
            "batch: expected one that stands, got one that is being taken back",
            hint=f"lockhouse import undo {batch.hex()} carries that to its end",
        )
    fresh = was is None or was.state == UNDONE
    step = ImportEntry(
        step="begun" if fresh else "resumed", batch=batch.hex(), channel=channel, by=by,
        stored=0 if was is None or fresh else was.stored,
    )  # fmt: skip
    if was is None or fresh:
        fence = 1 if was is None else was.fence + 1
        row = Import(batch, channel, OPEN, fence, 0, 0, 0, 0, 0, 0, by, now, now, b"", b"")
    else:
        row = msgspec.structs.replace(was, fence=was.fence + 1, by=by, moved_at=now)
    return await move(house, row, was=was, said=step)


async def move(house: House, row: Import, *, was: Import | None, said: Body | None = None) -> Import:
    """The batch stands as the row says, with its MAC; with an entry, which the row then names.

    Raises:
        Moved: it no longer stands as it was read.
    """
    entries: tuple[Draft, ...] = ()
    if said is not None:
        entry = house.ids.new()
        row = msgspec.structs.replace(row, entry=entry)
        entries = (said.draft(id=entry, lane=house.lane),)
    row = signed(row, house.integrity_key)
    columns = None if was is None else {"state": was.state, "fence": was.fence}
    expect = Expect(Import.TABLE, (row.id,), columns, or_absent=False, because="import-moved")
    change = Change("record", puts=(Put(Import.TABLE, row),), expects=(expect,), entries=entries)
    if isinstance(await house.commits.commit(change), Conflict):
        raise moved()
    return row


def moved() -> Moved:
    """The batch is in other hands."""
    return Moved(
        "batch: expected to go on with it, got that another process took it over or takes it back",
        hint="lockhouse import list",
    )


async def records_of(house: House, batch: bytes, *, after: bytes | None = None, limit: int) -> list[Imported]:
    """Records that came with a batch, in order of their id.

    Raises:
        Tampered: one was not said to by this house: somebody wants a record taken back that did not come with it.
    """
    beyond = None if after is None else (batch, after)
    rows = await house.reads.find(Imported, ("batch",), [(batch,)], after=beyond, limit=limit)
    return checked_bound(rows, house.row_macs)


async def came_with(house: House, batch: bytes) -> int:
    """How many records came with a batch, whether they are still there or went with a person.

    Raises:
        Tampered: as `records_of`.
    """
    count, after = 0, None
    while rows := await records_of(house, batch, after=after, limit=_PAGE):
        count, after = count + len(rows), rows[-1].record
    return count


async def among(house: House, batch: bytes, records: Sequence[bytes]) -> set[bytes]:
    """Those of the records that came with this batch."""
    rows = await house.reads.get(Imported, [(batch, record) for record in records])
    return {row.record for row in checked_bound(rows.values(), house.row_macs)}
