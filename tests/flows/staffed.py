"""A house with somebody who works in it, as its rows: for tests of what is stored, below the flows."""

from __future__ import annotations

import msgspec

from lockhouse.gates.staff.deed import Deed
from lockhouse.ledger.entry import Session as SessionEntry
from lockhouse.model.rows import Ceremony, Factor, FactorUse, Invite, Session, Staff, StaffLogin, StaffRole
from tests.world import World

BY = "os-user:1000"
MIA = b"mia-------------"
KEY = b"key-------------"
SESSION = b"session---------"
HOUR_MS = 3_600_000


def tag(text: str) -> bytes:
    """32 bytes that stand for a keyed hash."""
    return text.encode().ljust(32, b"-")


def account(world: World) -> Staff:
    """Mia's account, before it is stored."""
    at = world.clock.at
    return Staff(
        MIA, tag("mia"), b"sealed", 0, "invited", b"", "en", at, None, tag("link"), at, None, BY, at,
        world.house.ids.new(), b"",
    )  # fmt: skip


def role(world: World, name: str = "support", *, state: int = 1) -> StaffRole:
    """A role of Mia's, before it is stored."""
    return StaffRole(MIA, name, state, BY, BY, world.clock.at, world.house.ids.new(), b"")


async def staffed(world: World) -> None:
    """Mia is invited, has a link, a role and a passkey, and is signed in; something of hers has begun."""
    at, later = world.clock.at, world.clock.at + HOUR_MS
    deed = Deed(world.house)
    deed.put(account(world), was=None)
    deed.put(role(world), was=None)
    deed.put(Factor(MIA, KEY, 1, 0, b"sealed", b"", at, BY, at, world.house.ids.new(), b""), was=None)
    deed.set(StaffLogin(tag("mia"), MIA, b""), was=None)
    deed.set(FactorUse(MIA, KEY, 5, at, b""), was=None)
    deed.set(Invite(tag("link"), MIA, 0, later, b""), was=None)
    deed.set(Ceremony(tag("ceremony"), 1, MIA, b"", bytes(32), b"", later, b""), was=None)
    deed.set(Session(tag("session"), SESSION, MIA, 2, at, at, later, 0, b"", b"sealed", b""), was=None)
    deed.tell(
        SessionEntry(
            step="begun", staff=MIA.hex(), session=SESSION.hex(), by=f"staff:{MIA.hex()}", means="passkey", level=2
        ).draft(id=world.house.ids.new(), lane=world.house.lane)
    )
    await deed.done()


async def moved_on(world: World) -> None:
    """A second later she is disabled, without role and passkey, and signed out."""
    world.clock.at += 1_000
    [mia], [held], [passkey] = await world.rows(Staff), await world.rows(StaffRole), await world.rows(Factor)
    [session] = await world.rows(Session)
    now, ids = world.clock.at, world.house.ids
    deed = Deed(world.house)
    deed.put(msgspec.structs.replace(mia, state=2, step="disabled", link=b"", at=now, entry=ids.new()), was=mia)
    deed.put(msgspec.structs.replace(held, state=2, at=now, entry=ids.new()), was=held)
    deed.put(msgspec.structs.replace(passkey, state=1, at=now, entry=ids.new()), was=passkey)
    deed.take(session)
    over = SessionEntry(step="ended", staff=MIA.hex(), session=SESSION.hex(), by=BY)
    deed.tell(over.draft(id=ids.new(), lane=world.house.lane))
    await deed.done()
