"""Ending an epoch: one key, whatever the number of records that were sealed in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.ring import WHOLE
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, NotFound, Tampered
from lockhouse.gates.authority import signed
from lockhouse.gates.cases import RESTORE, Case, Extent, advance, deadline, moved, sound_cases
from lockhouse.gates.epochs import NOBODY, epoch_at, next_epoch, open_epoch_key
from lockhouse.gates.trusted_time import watched_now
from lockhouse.ledger.entry import Intent as IntentEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.ids import DAY_MS, EPOCH_DAY_ZERO_MS
from lockhouse.model.rows import EpochKey, Tombstone
from lockhouse.model.scale import KeyState
from lockhouse.policy.life import compartment_of_name, ends_at

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Compartment, Policy

BY_KEEP = "retention"
"""The reason of a case of an epoch that has been kept long enough."""
RETENTION = 2
"""The cause on a tombstone: it ended by its time (a month's, or a person's last activity's), not by a request."""


async def begin_epoch(  # noqa: PLR0913  (what a case is made of)
    house: House, compartment: int, epoch: int, *, by: str, reason: str, destroy_at: int,
    run: Extent | msgspec.UnsetType = msgspec.UNSET,
) -> Case:  # fmt: skip
    """The intent to end one compartment's epoch is durable.

    Raises:
        NotFound: there is no such epoch key, or it has ended already.
        Invalid: the epoch is still being collected in.
        Moved: an open case ends it already.
        Unavailable: the clock is in doubt, or nobody has watched it.
    """
    row = (await house.reads.get(EpochKey, [(compartment, epoch)])).get((compartment, epoch))
    if row is None or row.state == KeyState.DESTROYED:
        raise NotFound("epoch: expected a living epoch of this compartment", hint="lockhouse retention plan lists them")
    now = await watched_now(house)
    if epoch >= epoch_at(now, daily=is_daily(house, compartment)):
        raise Invalid("epoch", "one that has passed", got="one that is still being collected in")
    if any(
        (one.what, one.compartment, one.epoch) == ("epoch", compartment, epoch) for one in (await sound_cases(house))[0]
    ):
        raise Moved("epoch: expected one that no open case ends", hint="lockhouse request list")
    entry = house.ids.new()
    case = Case(
        id=house.ids.new(), what="epoch", by=by, reason=reason, entries=(entry,), asked_at=now,
        destroy_at=destroy_at, salt=house.ids.random(16), compartment=compartment, epoch=epoch,
        scope=(scope_of(house, compartment), f"epoch {epoch}"), run=run,
    )  # fmt: skip
    said = IntentEntry(what="epoch", case=case.id.hex(), by=by, reason=reason, compartment=compartment, epoch=epoch)
    await advance(house, case, entries=[said.draft(id=entry, lane=house.lane)], was=None)
    return case


def compartment_of(house: House, number: int) -> Compartment | None:
    """A compartment of the live policy or of a former one; None if the registry never named it."""
    known = house.live().compartments.get(number)
    if known is not None:
        return known
    name = house.live().names.name("compartment", number)
    return None if name is None else compartment_of_name(name, number=number)


def is_daily(house: House, number: int) -> bool:
    """Whether a compartment's keys are of days; `WHOLE` stands for the quarantine here, whose keys are."""
    part = compartment_of(house, number)
    return number == WHOLE or (part is not None and part.epoch == "day")


def scope_of(house: House, number: int) -> str:
    """What a certificate says that an epoch's key was of."""
    return "quarantine" if number == WHOLE else house.live().names.name("compartment", number) or ""


def epoch_due_at(policy: Policy, part: Compartment, epoch: int) -> int:
    """When (ms) a compartment's epoch has been kept long enough by a policy, where it ends as a whole."""
    following = next_epoch(epoch, daily=part.epoch == "day")
    return ends_at(policy, part, epoch_end=EPOCH_DAY_ZERO_MS + following * DAY_MS, last_activity=0)


def is_kept(house: House, case: Case, policy: Policy) -> bool:
    """Whether a policy keeps the epoch that a retention run has shut: a shortened keep was put right.

    Of one that a restore found shut nobody knows why, so it is asked the same; but not of one whose key the journal
    names: that is carried out at once and cools for no time.
    """
    part = compartment_of(house, case.compartment)
    return (
        (case.reason == BY_KEEP or (case.reason == RESTORE and case.destroy_at > case.asked_at))
        and part is not None
        and part.ends_by == "epoch"
        and epoch_due_at(policy, part, case.epoch) > case.asked_at
    )


async def epoch_back(house: House, case: Case) -> None:
    """The epoch's key is in use again, as it was before it was shut.

    Raises:
        Tampered: somebody took its row away, and the key with it.
        Moved: another process carries the case on.
    """
    row = await _key_of(house, case)
    if row is None or row.wrapped is None:
        raise Tampered("epoch: expected the row of a key that was shut, got none")
    if row.state == KeyState.SHUT:
        back = msgspec.structs.replace(row, state=int(KeyState.LIVE), shut_at=None, entry=None)
        await _commit(house, row, [Put(EpochKey.TABLE, back)])


async def shut_epoch(house: House, case: Case) -> Case:
    """No process opens the epoch's boxes any more; its key can still be brought back.

    Raises:
        Tampered: somebody took the key's row away, or it is not the key whose serial its row states: nobody can say
            which key ends.
        Moved: another process carries the case on.
    """
    row = await _key_of(house, case)
    if row is None:
        raise Tampered("epoch: expected the row of a key that is to end, got none")
    if row.state != KeyState.DESTROYED:
        open_epoch_key(house, row)
    if row.state == KeyState.LIVE:
        now = house.clock.now_ms()
        shut = msgspec.structs.replace(row, state=int(KeyState.SHUT), shut_at=now, entry=case.entries[0])
        await _commit(house, row, [Put(EpochKey.TABLE, shut)])
    await house.epochs.announce(key=True)
    further = msgspec.structs.replace(case, step="shut", serials=(row.serial,))
    await advance(house, further, was=case)
    return further


async def destroy_epoch(house: House, case: Case) -> None:
    """The wrapped key is gone from its row; the row stays as the tombstone that makes its boxes say `Expired`.

    A tombstone of its serial stands beside, and follows the case, whose MAC is checked, and not the row: a row put back
    as it was before is not believed, and one that was taken away holds nothing up.

    Raises:
        Moved: another process carries the case on.
    """
    row = await _key_of(house, case)
    now = house.clock.now_ms()
    [serial] = case.serials
    stone = Tombstone(serial, NOBODY, case.compartment, now, RETENTION, case.entries[0], b"")
    puts: list[Put] = [Put(Tombstone.TABLE, signed(stone, house.integrity_key))]
    if row is not None:  # else somebody took it away, and the key with it
        gone = msgspec.structs.replace(row, wrapped=None, state=int(KeyState.DESTROYED))
        puts.append(Put(EpochKey.TABLE, gone))
    await _commit(house, row, puts)


async def _key_of(house: House, case: Case) -> EpochKey | None:
    place = (case.compartment, case.epoch)
    return (await house.reads.get(EpochKey, [place])).get(place)


async def _commit(house: House, was: EpochKey | None, puts: list[Put]) -> None:
    """Durable while the key's row is as it was read: whoever was stopped brings no key back that has ended since.

    Raises:
        Moved: it is not.
    """
    expects = []
    if was is not None:
        columns = {"serial": was.serial, "state": was.state, "wrapped": was.wrapped}
        place = (was.compartment, was.epoch)
        expects.append(Expect(EpochKey.TABLE, place, columns, or_absent=False, because="epoch-moved"))
    change = Change("identity", puts=tuple(puts), expects=tuple(expects), deadline=deadline(house))
    if isinstance(await house.commits.commit(change), Conflict):
        raise moved()
