"""Ending an epoch: one key, whatever the number of records that were sealed in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.authority import signed
from lockhouse.gates.cases import Case, advance
from lockhouse.gates.epochs import NOBODY, epoch_at
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.ledger.entry import Intent as IntentEntry
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import EpochKey, Tombstone
from lockhouse.model.scale import KeyState

if TYPE_CHECKING:
    from lockhouse.gates.house import House

RETENTION = 2
"""The cause on a tombstone: it ended by its time, not by a request."""


async def begin_epoch(  # noqa: PLR0913  (what a case is made of)
    house: House, compartment: int, epoch: int, *, by: str, reason: str, destroy_at: int
) -> Case:
    """The intent to end one compartment's epoch is durable.

    Raises:
        NotFound: there is no such epoch key, or it has ended already.
        Invalid: the epoch is still being collected in.
        Unavailable: the clock is in doubt.
    """
    row = (await house.reads.get(EpochKey, [(compartment, epoch)])).get((compartment, epoch))
    if row is None or row.state == KeyState.DESTROYED:
        raise NotFound("epoch: expected a living epoch of this compartment", hint="lockhouse retention plan lists them")
    part = house.live().compartments.get(compartment)
    daily = part is not None and part.epoch == "day"
    now = await trusted_now(house)
    if epoch >= epoch_at(now, daily=daily):
        raise Invalid("epoch", "one that has passed", got="one that is still being collected in")
    entry = house.ids.new()
    case = Case(
        id=house.ids.new(), what="epoch", by=by, reason=reason, entries=(entry,), asked_at=now,
        destroy_at=destroy_at, salt=house.ids.random(16), compartment=compartment, epoch=epoch,
        scope=(house.live().names.name("compartment", compartment) or "", f"epoch {epoch}"),
    )  # fmt: skip
    said = IntentEntry(what="epoch", case=case.id.hex(), by=by, reason=reason, compartment=compartment, epoch=epoch)
    await advance(house, case, entries=[said.draft(id=entry, lane=house.lane)], was=None)
    return case


async def shut_epoch(house: House, case: Case) -> Case:
    """No process opens the epoch's boxes any more; its key can still be brought back."""
    row = (await house.reads.get(EpochKey, [(case.compartment, case.epoch)]))[(case.compartment, case.epoch)]
    if row.state == KeyState.LIVE:
        now = house.clock.now_ms()
        shut = msgspec.structs.replace(row, state=int(KeyState.SHUT), shut_at=now, entry=case.entries[0])
        await house.commits.commit(Change("identity", puts=(Put(EpochKey.TABLE, shut),)))
    await house.epochs.announce(key=True)
    further = msgspec.structs.replace(case, step="shut", serials=(row.serial,))
    await advance(house, further, was=case)
    return further


async def destroy_epoch(house: House, case: Case) -> None:
    """The wrapped key is gone from its row; the row stays as the tombstone that makes its boxes say `Expired`.

    A tombstone of its serial stands beside: a row put back as it was before is not believed.
    """
    row = (await house.reads.get(EpochKey, [(case.compartment, case.epoch)]))[(case.compartment, case.epoch)]
    gone = msgspec.structs.replace(row, wrapped=None, state=int(KeyState.DESTROYED))
    now = house.clock.now_ms()
    stone = Tombstone(row.serial, NOBODY, case.compartment, now, RETENTION, case.entries[0], b"")
    stone = signed(stone, house.integrity_key)
    await house.commits.commit(Change("identity", puts=(Put(EpochKey.TABLE, gone), Put(Tombstone.TABLE, stone))))
