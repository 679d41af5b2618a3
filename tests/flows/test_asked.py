"""What a provider passes on to be answered stands once, shuts nobody, and goes three years after it was settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.errors import Conflict, NotFound, Refused, Tampered, Unavailable
from lockhouse.flows import asked, consent, request
from lockhouse.gates.asked import DUE_DAYS, KEPT_DAYS, open_asked, persons_of
from lockhouse.gates.authority import signed
from lockhouse.gates.narrow import narrow
from lockhouse.gates.state import verify_state
from lockhouse.model.change import Change, Put
from lockhouse.model.decision import Actor
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Asked, LedgerEntry
from tests.flows.test_bring import PowerCut
from tests.flows.test_narrowing import ANNA, _arrives, _batch, _world
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

STAFF = Actor(id="staff:aa", kind="staff", roles=("admin",))


async def _told(world: World) -> list[dict[str, Any]]:
    """What the ledger says of requests, in its order."""
    rows = [one async for some in world.store.scan(LedgerEntry) for one in some if one.kind == "asked"]
    return [msgspec.json.decode(one.body)["body"] for one in sorted(rows, key=lambda one: one.id)]


async def _settle(world: World, row: Asked, *, own: tuple[bytes, ...] = ()) -> Asked:
    return await asked.settle(world.house, row.id, reason="done", actor=STAFF, own_persons=own)


@pytest.mark.parametrize("what", ["access", "erasure"])
async def test_a_request_stands_once_with_whom_it_is_about_and_its_day(tmp_path: Path, what: str) -> None:
    world = await _world(tmp_path)
    await world.send("backend", "identify", email=ANNA, name="Anna")
    for _ in range(2):
        await _arrives(world, what, message_id="m-1")
    [row] = await asked.listed(world.house)
    assert (row.what, row.state, row.due_at - row.at, row.reason) == (what, 0, DUE_DAYS * DAY_MS, "")
    assert persons_of(row) == [await world.person(ANNA)]
    assert [(one["step"], one["what"], one["persons"]) for one in await _told(world)] == [("made", what, 1)]
    assert (await verify_state(world.house)).findings.kept == []


async def test_nobody_is_shut_by_it_and_an_erasure_suppresses_before_it_stands(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await world.send("backend", "identify", email=ANNA, name="Anna")
    await _arrives(world, "erasure")
    assert (await world.find(ANNA))[0].fields["name"].value == "A•••", "as their role sees it: nothing of it is shut"
    assert [row.reason for row in await consent.suppressions(world.house)] == ["erasure-request"]


async def test_a_shop_that_left_is_a_request_about_nobody(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await _arrives(world, "shop")
    [row] = await asked.listed(world.house)
    assert (row.what, await consent.suppressions(world.house)) == ("shop", [])


@pytest.mark.parametrize("what", ["unsubscribe", "complaint"])
async def test_what_narrows_alone_is_no_request(tmp_path: Path, what: str) -> None:
    world = await _world(tmp_path)
    await _arrives(world, what)
    assert await asked.listed(world.house) == []


@pytest.mark.parametrize("after", range(3))
async def test_whoever_was_cut_off_before_it_stood_makes_it_stand_when_the_provider_sends_again(
    tmp_path: Path, after: int
) -> None:
    world = await _world(tmp_path)
    batch = _batch(world, "erasure", message_id="m-1")
    house = world.house
    commits, house.commits = house.commits, PowerCut(house.commits, after=after)
    with pytest.raises(Unavailable):
        await narrow(house, batch)
    house.commits = commits
    assert (len(await consent.suppressions(house)), await asked.listed(house)) == (min(after, 1), [])
    await narrow(house, batch)
    await narrow(house, batch)
    assert (len(await consent.suppressions(house)), len(await asked.listed(house))) == (1, 1)


async def test_it_is_settled_once_by_one_word_and_no_message_opens_it_again(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await _arrives(world, "access", message_id="m-1")
    [row] = await asked.listed(world.house)
    done = await _settle(world, row)
    assert (done.state, done.by, done.reason, await open_asked(world.house)) == (1, "staff:aa", "done", [])
    with pytest.raises(Conflict, match="got one that is settled"):
        await _settle(world, row)
    await narrow(world.house, _batch(world, "access", message_id="m-1"))
    assert await asked.listed(world.house) == [done]
    assert [(one["step"], one.get("reason")) for one in await _told(world)] == [("made", None), ("settled", "done")]
    with pytest.raises(NotFound):
        await asked.settle(world.house, bytes(16), reason="done", actor=STAFF, own_persons=())


async def test_nobody_settles_their_own(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await world.send("backend", "identify", email=ANNA, name="Anna")
    await _arrives(world, "erasure")
    [row] = await asked.listed(world.house)
    with pytest.raises(Refused) as refused:
        await _settle(world, row, own=(await world.person(ANNA),))
    assert refused.value.reasons == ("own-record",)
    assert await open_asked(world.house) == [row]


async def test_it_is_overdue_from_its_day_on_until_it_is_settled(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await _arrives(world, "access")
    [row] = await asked.listed(world.house)
    assert await asked.overdue(world.house, now=row.due_at - 1) == []
    assert await asked.overdue(world.house, now=row.due_at) == [row]
    await _settle(world, row)
    assert await asked.overdue(world.house, now=row.due_at) == []


async def test_what_was_settled_goes_after_three_years_and_what_is_open_stays(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await _arrives(world, "access", message_id="m-1")
    await _arrives(world, "shop", message_id="m-2")
    settled, still = sorted(await asked.listed(world.house), key=lambda row: row.what)
    await _settle(world, settled)
    world.clock.pass_days(KEPT_DAYS - 1)
    assert await asked.sweep(world.house) == 0
    world.clock.pass_days(2)
    assert (await asked.sweep(world.house), await asked.listed(world.house)) == (1, [still])
    assert [one["step"] for one in await _told(world)][-1] == "swept"
    assert (await verify_state(world.house)).findings.kept == []


@pytest.mark.parametrize("change", [{"state": 1}, {"persons": b"\x90"}, {"due_at": 2**50}, {"reason": "done"}])
async def test_a_row_that_is_edited_by_sql_is_refused_and_named(tmp_path: Path, change: dict[str, Any]) -> None:
    world = await _world(tmp_path)
    await world.send("backend", "identify", email=ANNA, name="Anna")
    await _arrives(world, "erasure")
    [row] = await asked.listed(world.house)
    await world.house.commits.commit(Change("record", puts=(Put(Asked.TABLE, msgspec.structs.replace(row, **change)),)))
    with pytest.raises(Tampered):
        await asked.listed(world.house)
    with pytest.raises(Tampered):
        await _settle(world, row)
    assert [one.kind for one in (await verify_state(world.house)).findings.kept] == ["edited-row"]


async def test_a_settled_one_that_is_rolled_back_by_sql_is_named(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await _arrives(world, "access")
    [row] = await asked.listed(world.house)
    await _settle(world, row)
    await world.house.commits.commit(Change("record", puts=(Put(Asked.TABLE, row),)))
    assert [one.kind for one in (await verify_state(world.house)).findings.kept] == ["rolled-back-row"]
    planted = signed(msgspec.structs.replace(row, id=bytes(16), entry=bytes(16)), world.house.integrity_key)
    assert planted.mac != row.mac


async def test_who_is_erased_later_is_no_obstacle_to_settle_it(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await world.send("backend", "identify", email=ANNA, name="Anna")
    await _arrives(world, "erasure")
    [row] = await asked.listed(world.house)
    done = await request.open_erasure(world.house, await world.person(ANNA), by="os-user:1000")
    await request.fulfil(world.house, done.case, journal=world.journal, now=True)
    assert (await _settle(world, row)).state == 1
    assert (await verify_state(world.house)).findings.kept == []
