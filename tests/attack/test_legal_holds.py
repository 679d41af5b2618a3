"""A hold is no way in: not planted, not widened, not moved, not put back, and for no purpose but its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse import wiring
from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import NotFound, Refused, Tampered, Unavailable
from lockhouse.flows import hold, look, retain, sweep
from lockhouse.flows.tell import _tell_own
from lockhouse.gates import held as reading
from lockhouse.gates.holds import REF, Terms, keys_of, terms_of
from lockhouse.gates.state import verify_state
from lockhouse.ledger.certificate import Statement
from lockhouse.model.decision import Actor, Ask, Facts
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import HeldKey, Hold, Record
from lockhouse.wiring import jobs
from tests.attack import real_house
from tests.flows.anna import EMAIL, anna
from tests.world import Stopped, World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.model.change import Change, Committed, Conflict
    from lockhouse.model.ports import Commits

BY, BERT = "os-user:0", "bert@example.org"
COUNSEL = Actor(id=BY, kind="os-user", roles=("support",))


async def _placed(tmp_path: Path) -> tuple[World, bytes, Hold]:
    world = await World.make(tmp_path)
    person = await anna(world)
    terms = Terms(
        reason="lawsuit", basis="7-O-12-26", persons=(person,), compartments=(),
        review_at=world.clock.now_ms() + DAY_MS,
    )  # fmt: skip
    return world, person, await hold.place(world.house, terms, by=BY)


async def _read(world: World, row: Hold, person: bytes) -> str:
    return str(await hold.read(world.house, row.id, person, actor=COUNSEL, reason="lawsuit"))


async def test_a_planted_hold_opens_nothing_and_is_found(tmp_path: Path) -> None:
    world, person, row = await _placed(tmp_path)
    [other] = [await anna_of(world, BERT)]
    await world.erase(other)
    forged = msgspec.structs.replace(
        row, id=bytes(16), terms=msgspec.msgpack.encode(["lawsuit", "x", [other], [], 0, None, None])
    )
    world.plant(forged)
    world.plant(HeldKey(bytes(16), other, 0, 0, b"", bytes(60)))
    with pytest.raises(Tampered):
        await _read(world, forged, other)
    found = await verify_state(world.house)
    assert [one.kind for one in found.findings.kept] == ["edited-row"]
    assert (await sweep.sweep(world.house, jobs, owner=bytes(16))).faults, "it is told"
    world.drop(forged)
    assert EMAIL in await _read(world, row, person)


async def anna_of(world: World, email: str) -> bytes:
    """Somebody else, who ordered too."""
    await world.send("account", "Order Completed", email=email, order_id="B-1")
    return await world.person(email)


async def test_a_hold_whose_persons_were_widened_by_hand_opens_nothing(tmp_path: Path) -> None:
    world, person, row = await _placed(tmp_path)
    other = await anna_of(world, BERT)
    terms = msgspec.msgpack.encode(["lawsuit", "7-O-12-26", [person, other], [], 0, None, None])
    world.plant(msgspec.structs.replace(row, terms=terms))
    with pytest.raises(Tampered):
        await _read(world, row, person)


async def test_a_kept_key_that_is_moved_to_another_person_or_hold_opens_nothing(tmp_path: Path) -> None:
    world, person, row = await _placed(tmp_path)
    other = await anna_of(world, BERT)
    for one in await world.rows(HeldKey):
        world.plant(msgspec.structs.replace(one, person=other))
    with pytest.raises(Tampered):
        await _read(world, row, other)
    with pytest.raises(NotFound):
        await _read(world, msgspec.structs.replace(row, id=bytes(16)), person)


async def test_an_edited_hold_stops_no_erasure_and_the_certificate_owns_up_to_it(tmp_path: Path) -> None:
    world, person, row = await _placed(tmp_path)
    other = await anna_of(world, BERT)
    world.plant(msgspec.structs.replace(row, keys=row.keys + 1))
    case = await world.erase(other)
    assert case.step == "done"
    statement = msgspec.json.decode(case.statement, type=Statement)
    assert statement.scope[-1] == "except what a legal hold that does not verify may keep"
    assert [one.until for one in statement.residues if "does not verify" in one.what] == [None]
    await world.erase(person)
    with pytest.raises(Tampered):
        await _read(world, row, person)
    assert [one.kind for one in (await verify_state(world.house)).findings.kept] == ["edited-row"]


async def test_an_edited_hold_stops_the_month_of_nobody(tmp_path: Path) -> None:
    world, _, row = await _placed(tmp_path)
    world.plant(msgspec.structs.replace(row, keys=row.keys + 1))
    world.clock.pass_days(86 * 31)
    await world.new_epochs()
    done = await retain.apply(world.house, by=BY, journal=world.journal, at_once=True)
    assert done
    assert {one.case.step for one in done} == {"done"}


@pytest.mark.parametrize("column", ["keys", "terms", "id"])
async def test_an_edited_hold_keeps_its_persons_rows_and_nobody_elses(tmp_path: Path, column: str) -> None:
    world, person, row = await _placed(tmp_path)
    other = await anna_of(world, BERT)
    for one in (person, other):
        await world.erase(one)
    world.drop(row)
    terms = msgspec.msgpack.encode(["lawsuit", "7-O-12-26", [], [], 0, None, None])
    world.plant(msgspec.structs.replace(row, **{column: {"keys": 9, "terms": terms, "id": bytes(16)}[column]}))
    done = await sweep.sweep(world.house, jobs, owner=bytes(16))
    assert (done.records, done.faults) == (1, ("tampered",))
    assert [one.person for one in await world.rows(Record)] == [person]
    world.drop(*await world.rows(Hold))
    world.plant(row)
    assert EMAIL in await _read(world, row, person), "the row put right, nothing is lost"


async def test_the_end_of_one_of_two_holds_leaves_the_other(tmp_path: Path) -> None:
    world, person, first = await _placed(tmp_path)
    second = await hold.place(world.house, terms_of(first), by=BY)
    await world.erase(person)
    await hold.release(world.house, first.id, by=BY, journal=world.journal)
    with pytest.raises(NotFound):
        await _read(world, first, person)
    assert EMAIL in await _read(world, second, person)
    assert (await sweep.sweep(world.house, jobs, owner=bytes(16))).records == 0
    await hold.release(world.house, second.id, by=BY, journal=world.journal)
    await sweep.plan_again(world.house)
    assert (await sweep.sweep(world.house, jobs, owner=bytes(16))).records == 1
    assert await world.findings() == []


@pytest.mark.parametrize("stopped", ["the hold", "the month's end"])
async def test_a_hold_that_races_the_end_of_a_month_keeps_what_it_says_or_nothing(tmp_path: Path, stopped: str) -> None:
    """Whichever is first: what was shut before the hold stood is not in it, and what it keeps outlives the month."""
    world = await World.make(tmp_path)
    person, late = await anna(world), await world.second()
    await world.send("account", "Order Completed", email=EMAIL, order_total="12.50")
    world.clock.pass_days(86 * 31)
    await world.new_epochs()
    terms = Terms(
        reason="lawsuit", basis="7-O-12-26", persons=(person,), compartments=(),
        review_at=world.clock.now_ms() + DAY_MS,
    )  # fmt: skip

    async def placed() -> Hold:
        return await hold.place((late if stopped == "the hold" else world).house, terms, by=BY)

    async def ended() -> None:
        one = world if stopped == "the hold" else late
        assert await retain.apply(one.house, by=BY, journal=one.journal, at_once=True)

    late.house.commits = stop = Stopped(late.house.commits, store="identity")
    slow = asyncio.create_task(placed() if stopped == "the hold" else ended())
    await asyncio.wait_for(stop.reached.wait(), 5)
    quick = await (ended() if stopped == "the hold" else placed())
    stop.go_on.set()
    row = await slow or quick
    assert row is not None
    shown = await _read(world, row, person)
    assert EMAIL in shown
    assert ("order_total" in shown) == (stopped == "the month's end")
    assert row.keys == sum(one.compartment != REF for one in await world.rows(HeldKey))
    assert list((await verify_state(world.house)).findings.kept) == []


async def test_a_released_hold_that_is_put_back_opens_nothing(tmp_path: Path) -> None:
    world, person, row = await _placed(tmp_path)
    kept = await world.rows(HeldKey)
    await world.erase(person)
    await hold.release(world.house, row.id, by=BY, journal=world.journal)
    for one in (row, *kept):
        world.plant(one)
    with pytest.raises(Tampered, match="expected one that was not released"):
        await _read(world, row, person)
    found = await verify_state(world.house)
    assert [one.kind for one in found.findings.kept] == ["rolled-back-row"]


class LongReader:
    """Commits whose log cannot be truncated, as while somebody reads for minutes."""

    def __init__(self, inner: Commits) -> None:
        self._inner = inner

    async def commit(self, change: Change) -> Committed | Conflict:
        return await self._inner.commit(change)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        return await self._inner.commit_each(changes)

    async def scrub(self) -> None:
        raise Unavailable("scrub: expected no reader in the way")


@pytest.mark.parametrize("again", ["release", "daily round"])
async def test_the_key_of_a_release_that_was_cut_off_is_out_of_the_log_at_the_next(tmp_path: Path, again: str) -> None:
    folder = await real_house.found(tmp_path)
    async with wiring.opened(folder, role="console") as opened:
        house = opened.house
        await real_house.send(house, [("backend", "Order Completed", {"email": EMAIL, "order_id": "o-1"})])
        [record] = [row async for rows in house.reads.scan(Record) for row in rows]
        terms = Terms(
            reason="lawsuit", basis="7-O-12-26", persons=(record.person,), compartments=(),
            review_at=house.clock.now_ms() + DAY_MS,
        )  # fmt: skip
        row = await hold.place(house, terms, by=BY)
        real, house.commits = house.commits, LongReader(house.commits)
        with pytest.raises(Unavailable):
            await hold.release(house, row.id, by=BY, journal=opened.journal)
        log = folder / "identity.db-wal"
        assert (row.wrapped or b"") in log.read_bytes()
        house.commits = real
        if again == "release":
            await hold.release(house, row.id, by=BY, journal=opened.journal)
        else:
            assert (await _tell_own(house, [one async for rows in house.reads.scan(Hold) for one in rows])) == (1, 0)
        assert (row.wrapped or b"") not in log.read_bytes()
        with pytest.raises(NotFound):
            await hold.release(house, row.id, by=BY, journal=opened.journal)
        assert list((await verify_state(house)).findings.kept) == []


async def test_kept_keys_that_are_taken_away_are_missed_and_not_read_as_if_there_were_none(tmp_path: Path) -> None:
    world, person, row = await _placed(tmp_path)
    [first, *_] = [one for one in await world.rows(HeldKey) if one.compartment]
    world.drop(first)
    with pytest.raises(Tampered, match="as many keys as it keeps"):
        await _read(world, row, person)
    [found] = (await verify_state(world.house)).findings.kept
    assert (found.kind, row.entry.hex() in found.where) == ("missing-row", True)
    world.plant(first)
    assert EMAIL in await _read(world, row, person)
    assert list((await verify_state(world.house)).findings.kept) == []


async def test_a_kept_key_that_is_planted_in_a_hold_is_found(tmp_path: Path) -> None:
    world, person, row = await _placed(tmp_path)
    [first, *_] = [one for one in await world.rows(HeldKey) if one.compartment]
    world.plant(msgspec.structs.replace(first, epoch=1))
    with pytest.raises(Tampered):
        await _read(world, row, person)
    assert [one.kind for one in (await verify_state(world.house)).findings.kept] == ["edited-row"]


async def test_a_hold_that_is_taken_away_is_missed(tmp_path: Path) -> None:
    world, _, row = await _placed(tmp_path)
    world.drop(row)
    assert [one.kind for one in (await verify_state(world.house)).findings.kept] == ["missing-row"]


@pytest.mark.parametrize("role", ["support", "marketer", "analyst", "accountant"])
async def test_no_role_reads_by_a_hold_and_its_purpose_is_none_of_a_policys(tmp_path: Path, role: str) -> None:
    world, person, _ = await _placed(tmp_path)
    await world.erase(person)
    view = await look.show(world.house, await world.ask(role), person)
    assert (view.refused, EMAIL in str(view)) == (("erased",), False)
    actor = Actor(id=BY, kind="os-user", roles=(role,))
    asked = Ask(actor=actor, action="show", purpose=reading.PURPOSE, facts=Facts())
    view = await look.show(world.house, asked, person)
    assert EMAIL not in str(view)
    assert view.refused
    assert await world.find(EMAIL, role=role) == [] if role in {"support", "marketer"} else True


async def test_a_kept_key_opens_no_box_without_an_entry_that_names_the_claim(tmp_path: Path) -> None:
    world, person, row = await _placed(tmp_path)
    ref, keys = await keys_of(world.house, row, person)
    _, noted = await reading._note(world.house, ref, keys, actor=COUNSEL, reason="lawsuit")  # the ticket itself
    [record] = await world.rows(Record)
    box = decode_boxes(record.boxes)[0]
    kept = (ref, keys[box.compartment, box.epoch, box.serial])
    for purpose in ("marketing", "fulfilment", "requests"):
        with pytest.raises(Refused):
            world.house.keyring.open(box, noted, person=person, record=record.id, purpose=purpose, kept=kept)
    with pytest.raises(Refused):
        world.house.keyring.open(
            box, noted, person=person, record=record.id, purpose=reading.PURPOSE, kept=(bytes(16), kept[1])
        )
    with pytest.raises(TypeError):
        world.house.keyring.open(box, None, person=person, record=record.id, purpose=reading.PURPOSE, kept=kept)  # type: ignore[arg-type]  # no ticket
