"""Pause: a channel or a recipient is taken out of service for now, and put back; each is noted, and either undoes it.

Who sends through a paused channel is answered that it is, and tries again; what waits for a paused recipient waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import NotFound
from lockhouse.gates.authority import checked, digest, place_digest, signed
from lockhouse.gates.pauses import IN_SERVICE, PAUSED
from lockhouse.ledger.entry import Pause as PauseEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Pause

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.pauses import What


async def pause(house: House, what: What, name: str, *, by: str) -> Pause:
    """It is out of service in every process; the row that says so.

    Raises:
        NotFound: the live policy has none of this name.
        Conflict: it is paused already, or somebody else moved it just now.
        Tampered: its row was not made by this house.
    """
    return await _moved(house, what, name, by=by, state=PAUSED)


async def resume(house: House, what: What, name: str, *, by: str) -> Pause:
    """It is in service again in every process; the row that says so.

    Raises:
        NotFound: the live policy has none of this name.
        Conflict: it is not paused, or somebody else moved it just now.
        Tampered: its row was not made by this house.
    """
    return await _moved(house, what, name, by=by, state=IN_SERVICE)


async def _moved(house: House, what: What, name: str, *, by: str, state: int) -> Pause:
    number = _number(house, what, name)
    key = (what, number)
    found = checked((await house.reads.get(Pause, [key])).values(), house.integrity_key)
    was = found[0] if found else None
    if (was.state if was else IN_SERVICE) == state:
        word = "one in service, got one that is paused" if state == PAUSED else "one that is paused, got one in service"
        raise Moved(f"{what}: expected {word}", hint=f"lockhouse {what} list")
    row = Pause(what, number, state, house.clock.now_ms(), by, house.ids.new(), b"")
    row = signed(row, house.integrity_key)
    said = PauseEntry(
        step="paused" if state == PAUSED else "resumed", what=what, number=number, by=by, row=digest(row),
        place=place_digest(row),
    )  # fmt: skip
    before = None if was is None else {"mac": was.mac}
    as_read = Expect(Pause.TABLE, key, before, or_absent=False, because="pause-moved")
    entry = said.draft(id=row.entry, lane=house.lane)
    change = Change("record", puts=(Put(Pause.TABLE, row),), entries=(entry,), expects=(as_read,))
    if isinstance(await house.commits.commit(change), Conflict):
        raise Moved(f"{what}: expected it as it was read", hint="somebody moved it just now; look again")
    await house.epochs.announce(key=True)
    return row


def _number(house: House, what: What, name: str) -> int:
    policy = house.live().policy
    channel, recipient = policy.channels.get(name), policy.recipients.get(name)
    found = channel if what == "channel" else recipient
    if found is None:
        raise NotFound(f"{what}: expected one of the live policy, got another", hint=f"lockhouse {what} list")
    return found.id
