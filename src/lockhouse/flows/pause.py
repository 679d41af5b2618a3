"""Pause: a channel or a recipient is taken out of service for now, and put back; each is noted, and either undoes it.

Who sends through a paused channel is answered that it is, and tries again; what waits for a paused recipient waits.
Whoever paused it puts it back as easily. What somebody else paused, who may have seen something, is put back by whoever
confirmed that, and the entry names the pause that is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import NotFound, Refused
from lockhouse.gates.authority import checked, digest, place_digest, signed
from lockhouse.gates.pauses import IN_SERVICE, PAUSED
from lockhouse.ledger.entry import Pause as PauseEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Pause

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.pauses import What


class Undoing(NamedTuple):
    """How a pause is undone.

    Attributes:
        of: the entry of the pause that is meant; empty: whichever stands.
        confirmed: whoever does it proved for this very deed that they mean it.
    """

    of: str = ""
    confirmed: bool = False


ONES_OWN: Final = Undoing()
"""Of whatever pause stands, if whoever undoes it made it."""


async def pause(house: House, what: What, name: str, *, by: str) -> Pause:
    """It is out of service in every process; the row that says so.

    Raises:
        NotFound: the live policy has none of this name.
        Conflict: it is paused already, or somebody else moved it just now.
        Tampered: its row was not made by this house.
    """
    return await _moved(house, what, name, by=by, state=PAUSED)


async def resume(house: House, what: What, name: str, *, by: str, undoing: Undoing = ONES_OWN) -> Pause:
    """It is in service again in every process; the row that says so.

    Raises:
        NotFound: the live policy has none of this name.
        Conflict: it is not paused, or by another pause than was meant; or somebody else moved it just now.
        Refused: somebody else paused it, and nobody confirmed this.
        Tampered: its row was not made by this house.
    """
    return await _moved(house, what, name, by=by, state=IN_SERVICE, undoing=undoing)


async def _moved(  # noqa: PLR0913  (what a pause is made of)
    house: House, what: What, name: str, *, by: str, state: int, undoing: Undoing = ONES_OWN
) -> Pause:  # fmt: skip
    number = _number(house, what, name)
    key = (what, number)
    found = checked((await house.reads.get(Pause, [key])).values(), house.integrity_key)
    was = found[0] if found else None
    if (was.state if was else IN_SERVICE) == state:
        word = "one in service, got one that is paused" if state == PAUSED else "one that is paused, got one in service"
        raise Moved(f"{what}: expected {word}", hint=f"lockhouse {what} list")
    undone = None if was is None or state == PAUSED else _undone(was, by=by, undoing=undoing)
    row = Pause(what, number, state, house.clock.now_ms(), by, house.ids.new(), b"")
    row = signed(row, house.integrity_key)
    said = PauseEntry(
        step="paused" if state == PAUSED else "resumed", what=what, number=number, by=by, row=digest(row),
        place=place_digest(row), undoes=undone,
    )  # fmt: skip
    before = None if was is None else {"mac": was.mac}
    as_read = Expect(Pause.TABLE, key, before, or_absent=False, because="pause-moved")
    entry = said.draft(id=row.entry, lane=house.lane)
    change = Change("record", puts=(Put(Pause.TABLE, row),), entries=(entry,), expects=(as_read,))
    if isinstance(await house.commits.commit(change), Conflict):
        raise Moved(f"{what}: expected it as it was read", hint="somebody moved it just now; look again")
    await house.epochs.announce(key=True)
    return row


def _undone(was: Pause, *, by: str, undoing: Undoing) -> str:
    """The entry of the pause that is over by this."""
    if undoing.of and undoing.of != was.entry.hex():
        raise Moved(f"{was.what}: expected the pause that was shown, got another", hint="look again")
    if was.by != by and not undoing.confirmed:
        raise Refused(
            f"{was.what}: expected a pause of one's own, got somebody else's", reasons=("paused-by-another",),
            hint=f"a member confirms it: lockhouse {was.what} resume, or the console",
        )  # fmt: skip
    return was.entry.hex()


def _number(house: House, what: What, name: str) -> int:
    policy = house.live().policy
    channel, recipient = policy.channels.get(name), policy.recipients.get(name)
    found = channel if what == "channel" else recipient
    if found is None:
        raise NotFound(f"{what}: expected one of the live policy, got another", hint=f"lockhouse {what} list")
    return found.id
