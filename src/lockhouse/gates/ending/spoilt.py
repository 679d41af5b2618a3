"""Endings that go no further because somebody changed rows by hand: found by what is shut, named, mended if provable.

What is shut has an open case, made before it and closed behind it. Where there is none, or one that does not verify,
nobody carries the ending on. It is looked for from both sides: the open intents, and what waits without one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Invalid, Tampered
from lockhouse.gates.authority import checked
from lockhouse.gates.cases import CLOSED, OPEN, sound_cases
from lockhouse.gates.epochs import NOBODY
from lockhouse.ledger.entry import Intent as IntentEntry
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import EpochKey, Intent, LedgerEntry, Limbo, Tombstone
from lockhouse.model.scale import KeyState

if TYPE_CHECKING:
    from lockhouse.gates.house import House


class Spoilt(msgspec.Struct, frozen=True, kw_only=True):
    """An ending that goes no further: its case, or where nobody knows that the place of the epoch key that is shut."""

    case: bytes = b""
    compartment: int = 0
    epoch: int = 0

    @property
    def name(self) -> str:
        """What it is called on a screen and in a log."""
        return self.case.hex() or f"epoch {self.epoch} of compartment {self.compartment}"


async def spoilt_endings(house: House) -> list[Spoilt]:
    """Every open intent that does not verify, and whatever is shut without an open case that does.

    So is a month whose key is called destroyed, or anything else that is not living, without its tombstone: no ending
    made it so, and every event of that month is refused.
    """
    waiting = [(row.person, row.case_id) async for rows in house.reads.scan(Limbo) for row in rows]
    keys = [key async for rows in house.reads.scan(EpochKey) for key in rows if key.state != KeyState.LIVE]
    cases, bad = await sound_cases(house)  # behind what is shut: its case stands by then
    standing = {case.id for case in cases}
    epochs = {(case.compartment, case.epoch) for case in cases if case.what == "epoch"}
    left = [place for place in waiting if place[1] not in standing]
    stones = await _destroyed(house)
    lone = [
        (key.compartment, key.epoch)
        for key in keys
        if (key.compartment, key.epoch) not in epochs and key.serial not in stones
    ]
    # Of an ending that was carried out, or called off, between the two looks nothing is shut any more.
    found = {Spoilt(case=case) for case in bad}
    found |= {Spoilt(case=row.case_id) for row in (await house.reads.get(Limbo, left)).values()}
    again = (await house.reads.get(EpochKey, lone)).values()
    stones = await _destroyed(house)
    found |= {await _of_key(house, key) for key in again if key.state != KeyState.LIVE and key.serial not in stones}
    return sorted(found, key=lambda one: one.name)


async def _destroyed(house: House) -> set[bytes]:
    """Serials of the months' keys that have a tombstone as this house made it."""
    serials = set()
    for stone in await house.reads.find(Tombstone, ("person",), [(NOBODY,)]):
        with suppress(Tampered):
            serials |= {one.serial for one in checked([stone], house.integrity_key)}
    return serials


async def _of_key(house: House, key: EpochKey) -> Spoilt:
    """By the ledger's intent, which the key's row names; or by the key's place."""
    row = (await house.reads.get(LedgerEntry, [(key.entry,)])).get((key.entry,)) if key.entry else None
    with suppress(Invalid):  # an entry that was edited names nothing
        said = None if row is None else parse_entry(row.body).body
        if isinstance(said, IntentEntry):
            return Spoilt(case=bytes.fromhex(said.case))
    return Spoilt(compartment=key.compartment, epoch=key.epoch)


async def mend(house: House, one: Spoilt) -> bool:
    """Whether its intent is again as this house made it: it is if only its state was edited.

    The MAC says so: it fits the row in one of the two states and in no other. Nothing is carried on thereby that the
    same row in its own state would not be, and nothing else is taken from what was edited.
    """
    row = (await house.reads.get(Intent, [(one.case,)])).get((one.case,))
    for state in (OPEN, CLOSED):
        if row is None or row.state == state:
            continue
        try:
            [made] = checked([msgspec.structs.replace(row, state=state)], house.integrity_key)
        except Tampered:
            continue
        columns = {"state": row.state, "body": row.body, "mac": row.mac}
        expect = Expect(Intent.TABLE, (row.id,), columns, or_absent=False, because="case-moved")
        change = Change("record", puts=(Put(Intent.TABLE, made),), expects=(expect,))
        return not isinstance(await house.commits.commit(change), Conflict)
    return False
