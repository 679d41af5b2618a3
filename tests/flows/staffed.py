"""A house with people who work in it: their rows alone, and as they come in by the flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.flows import staff
from lockhouse.gates.staff import read
from lockhouse.gates.staff.called import Called, moved
from lockhouse.gates.staff.deed import Deed
from lockhouse.ledger.entry import Session as SessionEntry
from lockhouse.model.rows import Ceremony, Factor, FactorUse, Invite, Session, Staff, StaffLogin, StaffRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
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
    return StaffRole(MIA, name, state, BY, BY, world.clock.at, 0, world.house.ids.new(), b"")


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


async def enrolled(world: World, who: bytes, *, means: Sequence[int] = (1,)) -> None:
    """Somebody opened their link and has factors of these kinds."""
    await enrol(world.house, who, means=means)


async def enrol(house: House, who: bytes, *, means: Sequence[int] = (1,)) -> None:
    """The same in a house that is open."""
    row = await read.account(house, who)
    assert row is not None
    found = await read.invite_of(house, row.link)
    assert found is not None
    now, by, ids = house.clock.now_ms(), acts(who), house.ids
    deed = Deed(house)
    deed.take(found[0])
    then = moved(house, row, "enrolled", by=by)
    deed.put(msgspec.structs.replace(then, state=1, active_at=now, link=b""), was=row)
    for kind in means:
        own = ids.new()
        deed.put(Factor(who, own, kind, 0, b"sealed", b"", now, by, now, ids.new(), b""), was=None)
        deed.set(FactorUse(who, own, 0, now, b""), was=None)
    await deed.done()


async def hired(world: World, name: str, *, by: str = BY, roles: Sequence[str] = ()) -> bytes:
    """Somebody is invited, enrols, and holds these roles, whatever they read."""
    link = await staff.invite(world.house, Called(f"{name}@shop.example", name), by=by)
    for role in roles:
        deed = Deed(world.house)
        now = world.clock.at
        deed.put(StaffRole(link.staff, role, 1, BY, BY, now, 0, world.house.ids.new(), b""), was=None)
        await deed.done()
    await enrolled(world, link.staff)
    return link.staff


def acts(staff: bytes) -> str:
    """Somebody, as the one who acts."""
    return f"staff:{staff.hex()}"
