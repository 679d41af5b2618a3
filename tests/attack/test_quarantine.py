"""What lies in quarantine gives nobody more than the policy and the person did: not a thief, a replay or a role."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Erased, Expired, Refused, Tampered, Unavailable
from lockhouse.flows import consent, request
from lockhouse.flows import replay as flow
from lockhouse.flows.quarantine import end_quarantine
from lockhouse.gates.authority import bound
from lockhouse.gates.quarantine import box_of, unpacked
from lockhouse.gates.replay import opening
from lockhouse.model.rows import Consent, EpochKey, Identifier, Link, Person, Quarantined, Record
from lockhouse.model.scale import ConsentState, KeyState, PersonState
from tests.flows.restored import copied, restored
from tests.flows.test_trial import ANNA, COUPON, QUIZ, TRIAL, WIDER, order, replay
from tests.world import POLICY, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.quarantine import Held


FOR_MARKETING = WIDER.replace("transactions, for: [fulfilment]}\nevents", "profile, for: [marketing]}\nevents")
FOR_ANALYTICS = WIDER.replace("transactions, for: [fulfilment]}\nevents", "profile, for: [analytics]}\nevents")


async def inside(world: World) -> list[Held]:
    """What lies in quarantine, opened by whoever may."""
    rows = await world.rows(Quarantined)
    found = await opening.open_page(world.house, rows, by="os-user:1000", action="replay")
    return [one.held for one in found.opened]


async def test_whoever_was_erased_is_brought_back_by_no_replay(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await world.send("backend", "Quiz Done", email=ANNA, order_id="Q-1")
    [row, _] = await world.rows(Quarantined)
    person = await world.person(ANNA)
    case = await world.erase(person, now=False)
    with pytest.raises((Erased, Unavailable)):  # at once, while the request can still be called off
        await inside_of(world, row)
    await world.approve(QUIZ.replace("events:", COUPON, 1).replace("total, country]", "total, country, coupon]"))
    done = await replay(world)
    assert (done.stored, done.added, done.waiting) == (0, 0, 2)
    assert len(await world.rows(Quarantined)) == 2
    await world.send("backend", "Order Completed", email=ANNA, order_id="A-2")  # she comes again, as somebody new
    await request.fulfil(world.house, case, journal=world.journal, now=True)
    records = len(await world.rows(Record))
    done = await replay(world)
    assert (done.stored, done.added, done.ended) == (0, 0, 2)
    assert (len(await world.rows(Record)), await world.rows(Quarantined)) == (records, [])
    assert len(await world.rows(Person)) == 2


async def inside_of(world: World, row: Quarantined) -> Held:
    noted = await opening._note(world.house, {row.person}, channel=1, by="os-user:1000", action="replay")
    plain = world.house.keyring.open(box_of(row), noted, person=row.person, record=row.id, purpose=opening.PURPOSE)
    return unpacked(plain, row)


async def test_of_whom_a_part_was_erased_nothing_from_before_is_replayed(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    [row] = await world.rows(Quarantined)
    await world.erase(await world.person(ANNA), compartment=accounting(world))
    world.plant(row)  # as an older copy of the record store brings it back
    await world.approve(WIDER)
    done = await replay(world)
    assert (done.added, done.ended, await world.rows(Quarantined)) == (0, 1, [])


def accounting(world: World) -> str:
    """The part of a person that orders are kept in."""
    return next(one.name for one in world.house.live().policy.compartments if "accounting" in one.name)


async def test_somebody_else_of_the_event_who_was_erased_ends_it_too(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await world.send("backend", "identify", email=ANNA)
    await world.send("backend", "identify", phone="+4930901820", name="Ben")
    await order(world, phone="+4930901820")
    [held] = await inside(world)
    [other] = held.others
    assert other != (await world.rows(Quarantined))[0].person
    await world.erase(other)
    await world.approve(WIDER)
    done = await replay(world)
    assert (done.added, done.ended) == (0, 1)


async def test_what_a_word_a_signal_the_region_or_an_objection_shut_never_lies_in_quarantine(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, loyalty_id="L-1")
    secret = {"device_id": "secret-device", "page_path": "/secret"}
    no = {"Advertising": False, "Analytics": False}
    await order(world, 2, **secret, consent=no)
    await world.send("backend", "Quiz Done", email=ANNA, **secret, consent=no, message_id="q", colour="green")
    held = await inside(world)
    assert len(held) == 3
    assert "secret" not in repr(held)
    assert "green" in repr(held)
    assert all({"marketing", "analytics"} <= set(one.shut) for one in held[1:])


async def test_what_was_shut_when_it_came_is_opened_by_no_later_yes_and_no_later_policy(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await order(world, 2, consent={"Advertising": False})
    world.clock.pass_days(0.01)
    await order(world, 3, coupon=None, consent={"Advertising": True})
    await order(world, 4)
    await world.approve(FOR_MARKETING)
    done = await replay(world)
    assert (done.looked, done.fields) == (3, {"Order Completed": {"coupon": 1}})
    assert await world.rows(Quarantined) == []


async def test_what_was_refused_since_is_stored_by_no_replay(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, consent={"Advertising": True})
    await world.approve(FOR_MARKETING)
    assert (await replay(world, dry=True)).added == 1
    await world.send("backend", "Order Completed", email=ANNA, order_id="A-9", consent={"Advertising": False})
    done = await replay(world)
    assert (done.added, done.fields) == (0, {})


def asked_first(policy: str) -> str:
    """The same policy, whose marketing is asked for everywhere: nobody has it without their own yes."""
    return policy.replace("basis: {default: consent, us: opt_out}", "basis: consent")


async def test_what_a_browser_agreed_to_and_then_refused_is_stored_by_no_replay(tmp_path: Path) -> None:
    on_web = asked_first(POLICY).replace("https://shop.example], stage: live", "https://shop.example], stage: trial")
    world = await World.make(tmp_path, on_web)
    seen = {"device_id": "d-1", "page_path": "/x"}
    await world.send("web", "page", **seen, coupon="SPRING", consent={"Advertising": True, "Analytics": True})
    await world.send("web", "page", **seen, consent={"Advertising": False, "Analytics": True}, signals=["gpc"])
    assert (len(await world.rows(Quarantined)), await world.rows(Consent)) == (1, [])
    coupon = "  coupon: {type: text, class: profile, for: [marketing]}\nevents:"
    await world.approve(
        on_web.replace("events:", coupon, 1).replace("page_path]\n  Order", "page_path, coupon]\n  Order")
    )
    done = await flow.replay(world.house, flow.Wanted("web"), by="os-user:1000")
    assert (done.looked, done.added, done.fields) == (1, 0, {})
    assert await world.rows(Quarantined) == [], "no word of now stands for it"


@pytest.mark.parametrize("refused", [False, True])
async def test_a_yes_that_came_with_an_event_and_was_never_stored_opens_nothing_in_a_replay(
    tmp_path: Path, *, refused: bool
) -> None:
    world = await World.make(tmp_path, asked_first(TRIAL))
    await world.send("backend", "identify", email=ANNA)
    await world.send("backend", "Quiz Done", email=ANNA, coupon="SPRING", consent={"Advertising": True})
    if refused:
        await world.send("backend", "identify", email=ANNA, name="Anna", consent={"Advertising": False})
    assert len(await world.rows(Quarantined)) == 1
    assert [row.state for row in await world.rows(Consent)] == [ConsentState.DENIED] * refused
    await world.approve(asked_first(FOR_MARKETING).replace("  Order Comp", "  Quiz Done: [coupon]\n  Order Comp", 1))
    done = await replay(world)
    assert (done.looked, done.stored, done.fields) == (1, 0, {})


async def test_a_yes_that_stands_opens_what_the_event_did_not_refuse_itself(tmp_path: Path) -> None:
    world = await World.make(tmp_path, asked_first(TRIAL))
    await world.send("backend", "identify", email=ANNA, consent={"Advertising": True})
    await order(world, 1, consent={"Advertising": True, "Analytics": False})
    await order(world, 2, consent={"Analytics": False, "C9": False})
    await order(world, 3, consent={"C9": False, "Advertising": True})
    assert len(await world.rows(Quarantined)) == 3
    both = asked_first(FOR_MARKETING).replace("Advertising: marketing,", "Advertising: marketing, C9: marketing,")
    await world.approve(both)
    done = await replay(world)
    assert (done.looked, done.fields) == (3, {"Order Completed": {"coupon": 1}})


async def test_a_suppressed_identifier_keeps_its_event_out_and_ends_one_that_is_there(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await consent.suppress(world.house, "email", ANNA, purposes=(), by="os-user:1000", reason="asked")
    await order(world, 2)
    assert len(await world.rows(Quarantined)) == 1
    await world.approve(FOR_ANALYTICS)
    assert (await replay(world)).fields == {}


async def test_a_replay_names_nobody_and_joins_nobody(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, coupon=None)
    await world.send("backend", "identify", phone="+4930901820", name="Ben")
    for number, phone in (("Q-1", "+4930901820"), ("Q-2", "+4930901821")):
        await world.send("backend", "Quiz Done", email=ANNA, phone=phone, order_id=number)
    tables = [len(await world.rows(kind)) for kind in (Person, Identifier, Link)]
    await world.approve(QUIZ.replace("Quiz Done: [email,", "Quiz Done: [email, phone,"))
    done = await replay(world)
    assert done.fields == {"Quiz Done": {"email": 2, "order_id": 2}}
    assert [len(await world.rows(kind)) for kind in (Person, Identifier, Link)] == tables
    assert await world.rows(Quarantined) == []


@pytest.mark.parametrize("state", [PersonState.RESTRICTED, PersonState.MINOR])
async def test_of_whom_data_is_restricted_and_of_minors_nothing_is_kept(tmp_path: Path, state: PersonState) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, coupon=None)
    [row] = await world.rows(Person)
    world.plant(bound(msgspec.structs.replace(row, state=int(state)), world.house.row_macs))
    other = await world.second()
    await order(other, 2)
    await other.send("backend", "Quiz Done", email=ANNA, score=3)
    assert await world.rows(Quarantined) == []


@pytest.mark.parametrize("state", [PersonState.RESTRICTED, PersonState.MINOR])
async def test_of_who_is_restricted_or_found_a_minor_since_nothing_is_opened(
    tmp_path: Path, state: PersonState
) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    [row] = await world.rows(Person)
    world.plant(bound(msgspec.structs.replace(row, state=int(state)), world.house.row_macs))
    await world.approve(WIDER)
    noted = (await world.kinds()).count("rework")
    done = await replay(world)
    assert (done.added, done.waiting, done.fields) == (0, 1, {})
    assert (len(await world.rows(Record)), len(await world.rows(Quarantined))) == (1, 1)
    assert (await world.kinds()).count("rework") == noted, "nothing was opened"
    world.plant(bound(msgspec.structs.replace(row, version=row.version + 1), world.house.row_macs))
    assert (await replay(world)).added == 1, "it is lifted within the 72 hours"


async def test_what_another_process_heard_her_refuse_never_lies_in_quarantine(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await world.send("backend", "identify", email=ANNA, consent={"Analytics": True})
    await world.send("backend", "identify", email=ANNA, name="Anna")
    other = await world.second()
    world.clock.pass_days(0.01)
    await consent.record(other.house, await world.person(ANNA), "analytics", granted=False)
    await world.send("backend", "Quiz Done", email=ANNA, page_path="/secret", coupon="SPRING")
    await order(world, coupon="SUMMER", page_path="/secret")
    held = await inside(world)
    assert [one.source["properties"] for one in held] == [{"email": ANNA, "coupon": "SPRING"}, {"coupon": "SUMMER"}]
    assert all("analytics" in one.shut for one in held)


async def test_nor_of_an_event_of_which_nothing_was_left(tmp_path: Path) -> None:
    member = "  member: {type: id, class: identity, for: [marketing], identifies: person}\nevents:"
    declared = TRIAL.replace("events:", member, 1).replace("identify: [email,", "identify: [email, member,")
    world = await World.make(tmp_path, declared.replace("  page: [", "  Quiz Done: [member]\n  page: [", 1))
    yes = {"Analytics": True, "Advertising": True}
    await world.send("backend", "identify", email=ANNA, member="M-1", consent=yes)
    await world.send("backend", "identify", email=ANNA, name="Anna", consent={"Advertising": False, "Analytics": True})
    await world.send("backend", "identify", email=ANNA, name="Anna")
    other = await world.second()
    world.clock.pass_days(0.01)
    await consent.record(other.house, await world.person(ANNA), "analytics", granted=False)
    for word in ("/secret", "/secret-too"):
        reply = await world.send("backend", "Quiz Done", member="M-1", page_path=word, coupon="SPRING")
        assert reply.code == "LH-2107"
    held = await inside(world)
    assert [one.source["properties"] for one in held] == [{"coupon": "SPRING"}] * 2


async def test_no_role_reads_what_lies_there(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    for role in ("support", "marketer"):
        assert "SPRING" not in repr(await world.find(ANNA, role=role))
    assert "SPRING" not in repr(await world.reveal(await world.person(ANNA)))


async def test_a_ticket_of_a_look_opens_no_box_of_the_quarantine(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    [row] = await world.rows(Quarantined)
    noted = await opening._note(world.house, {row.person}, channel=1, by="os-user:1000", action="replay")
    with pytest.raises(Refused):
        world.house.keyring.open(box_of(row), noted, person=row.person, record=row.id, purpose="fulfilment")


@pytest.mark.parametrize("column", ["channel", "at", "id"])
async def test_an_edited_row_replays_nothing(tmp_path: Path, column: str) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await order(world, 2, email="ben@example.com")
    [row, _] = await world.rows(Quarantined)
    world.drop(row)
    to = {"channel": 1, "at": row.at + 1, "id": bytes(16)}
    edited = msgspec.structs.replace(row, **{column: to[column]})
    world.plant(edited)
    await world.approve(WIDER)
    name = world.house.live().names.name("channel", edited.channel) or ""
    with pytest.raises(Tampered):
        await flow.replay(world.house, flow.Wanted(name), by="os-user:1000")
    assert len(await world.rows(Record)) == 2


async def test_a_row_that_is_given_to_somebody_else_is_nobodys(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await order(world, 2, email="ben@example.com", coupon=None)
    [row], ben = await world.rows(Quarantined), await world.person("ben@example.com")
    world.plant(msgspec.structs.replace(row, person=ben))
    await world.approve(WIDER)
    assert ((await replay(world)).ended, len(await world.rows(Record))) == (1, 2)


async def stopped_replay(world: World) -> tuple[asyncio.Task[flow.Replayed], Stopped]:
    """Another process's replay, stopped before it stores: its second commit to the record store, behind the note's."""
    other = await world.second()
    other.house.commits = stopped = Stopped(other.house.commits, nth=2)
    late = asyncio.create_task(replay(other))
    await stopped.reached.wait()
    return late, stopped


async def test_of_two_replays_at_once_one_stores_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await world.approve(WIDER)
    late, stopped = await stopped_replay(world)
    assert (await replay(world)).added == 1
    stopped.go_on.set()
    assert ((await late).added, (await late).moved, len(await world.rows(Record))) == (0, 1, 2)
    assert await world.findings() == []


async def test_who_is_erased_while_a_replay_is_stopped_gets_no_record(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await world.approve(WIDER)
    late, stopped = await stopped_replay(world)
    await world.erase(await world.person(ANNA))
    stopped.go_on.set()
    assert ((await late).added, len(await world.rows(Record))) == (0, 1)


async def test_who_is_erased_while_it_is_being_kept_leaves_nothing_there(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, coupon=None)
    other = await world.second()
    stopped = Stopped(other.house.commits, nth=2)  # behind the record's own
    other.house.commits = stopped
    late = asyncio.create_task(order(other, 2))
    await stopped.reached.wait()
    await world.erase(await world.person(ANNA))
    stopped.go_on.set()
    await late
    assert await world.rows(Quarantined) == []


async def test_the_stolen_stores_show_nothing_of_what_lies_there(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, coupon="CANARY-SPRING")
    await world.send("backend", "Canary Event", email=ANNA, canary_key="CANARY-VALUE")
    assert len(await world.rows(Quarantined)) == 2
    await world.approve(WIDER)
    await replay(world)
    stolen = repr(world.store.shelf.tables).lower()
    assert "canary" not in stolen
    assert ANNA not in stolen


async def test_a_backup_from_before_brings_back_nothing_that_has_ended(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    old = copied(world, "record", "identity")
    world.clock.pass_days(4)
    assert await end_quarantine(world.house, journal=world.journal) == (1, 1)
    await world.send("backend", "identify", email="ben@example.com")
    back = await restored(world, old)
    [row] = await back.rows(Quarantined)
    [key] = [one for one in await back.rows(EpochKey) if not one.compartment]
    assert (key.state, key.wrapped) == (KeyState.DESTROYED, None)
    back.clock.at, back.clock.run = row.at, 0.0  # whatever the clock says, there is no key
    assert not back.house.keyring.has_epoch(0, key.epoch)
    with pytest.raises((Expired, Unavailable)):
        await inside_of(back, row)
