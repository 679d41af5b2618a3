"""What a provider passes on of a customer narrows at once, whatever the policy keeps of its event, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.channels import segment
from lockhouse.channels.hooks import HOOKS
from lockhouse.errors import Unavailable
from lockhouse.flows import approve, consent, request
from lockhouse.gates.collect import collect_group
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.narrow import narrow
from lockhouse.gates.state import verify_state
from lockhouse.model.event import Batch, Demand, Event
from lockhouse.model.rows import Consent, Person, Record
from lockhouse.model.scale import Assurance
from lockhouse.policy.document import parse
from lockhouse.wiring import template
from tests.flows.test_bring import PowerCut
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

ANNA = "anna@example.com"
MAIL = "  mail: {kind: standard-webhooks, events: [identify], narrows: [marketing]}\n"
BY = "os-user:1000"


async def _world(tmp_path: Path, channel: str = MAIL) -> World:
    world = await World.make(tmp_path)
    await _rules(world, POLICY.replace("channels:\n", f"channels:\n{channel}"))
    return world


async def _rules(world: World, policy: str) -> None:
    kinds = {"segment": segment.KIND, "standard-webhooks": HOOKS["standard-webhooks"].wire}
    draft = await approve.draft_of(world.house, parse({"policy.yaml": policy}, templates=template), kinds)
    await approve.approve(world.house, draft, policy.encode(), by="os-user:0")


def _batch(world: World, what: Any, *said: tuple[str, str], at: int | None = None, **around: Any) -> Batch:
    now = world.clock.now_ms()
    event = Event(
        name=around.get("name", "unsubscribe"), message_id=around.get("message_id", f"m-{now}"),
        occurred_at=now if at is None else at, source={"data": {}},
        demand=Demand(what=what, identifiers=said or (("email", ANNA),), at=around.get("said_at")),
    )  # fmt: skip
    assurance = around.get("assurance", Assurance.SIGNED)
    return Batch(
        channel="mail", assurance=assurance, credential=f"mail/{int(assurance)}", received_at=now, items=[event]
    )


async def _arrives(world: World, *args: Any, **around: Any) -> str:
    batch = _batch(world, *args, **around)
    await narrow(world.house, batch)
    [[reply]] = await collect_group(world.house, [batch])
    return reply.outcome


async def _standing(world: World, value: str = ANNA) -> dict[str, bool]:
    person = await world.person(value)
    return (await facts_of_persons(world.house, [person], fresh=True))[person].consents


async def test_an_unsubscribe_is_a_no_to_what_the_channel_narrows_though_nothing_of_its_event_is_kept(
    tmp_path: Path,
) -> None:
    world = await _world(tmp_path)
    await world.send("backend", "identify", email=ANNA, name="Anna", consent={"Advertising": True, "Analytics": True})
    outcome = await _arrives(world, "unsubscribe", at=world.clock.now_ms() + 1)
    assert outcome == "refused", "the policy names no such event"
    assert await _standing(world) == {"marketing": False, "analytics": True}
    [word] = [one for one in await consent.show(world.house, await world.person(ANNA)) if not one.granted]
    assert (word.signal, word.channel, word.assurance) == ("provider", "mail", 3)
    assert (await verify_state(world.house)).findings.kept == []


async def test_whoever_says_yes_after_an_unsubscribe_is_heard_and_one_of_before_that_comes_late_is_not(
    tmp_path: Path,
) -> None:
    world = await _world(tmp_path)
    said = world.clock.now_ms()
    world.clock.pass_days(1)
    await world.send("backend", "identify", email=ANNA, consent={"Advertising": True})
    await _arrives(world, "unsubscribe", at=said)
    assert await _standing(world) == {"marketing": True}, "it was said before the yes, and came after it"
    world.clock.pass_days(1)
    await _arrives(world, "unsubscribe")
    world.clock.pass_days(1)
    await world.send("backend", "identify", email=ANNA, consent={"Advertising": True})
    assert await _standing(world) == {"marketing": True}


async def test_a_no_counts_from_when_it_was_said_though_its_event_is_of_today(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    said = world.clock.now_ms()
    world.clock.pass_days(1)
    await world.send("backend", "identify", email=ANNA, consent={"Advertising": True})
    world.clock.pass_days(1)
    await _arrives(world, "unsubscribe", said_at=said)
    assert await _standing(world) == {"marketing": True}
    await _arrives(world, "unsubscribe", said_at=world.clock.now_ms() + 99, message_id="m-2")
    noes = [one.at for one in await consent.show(world.house, await world.person(ANNA)) if not one.granted]
    assert sorted(noes) == [said, world.clock.now_ms()], "nobody says it later than it came"
    assert await _standing(world) == {"marketing": False}


async def test_a_no_of_an_address_that_nobody_has_is_remembered_for_whoever_will(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await _arrives(world, "unsubscribe")
    assert (await _standing(world), await world.rows(Record)) == ({"marketing": False}, [])
    await world.send("backend", "identify", email=ANNA, name="Anna")
    assert ANNA not in str((await world.find(ANNA, role="marketer"))[0].fields)


async def test_everybody_who_has_the_address_has_refused_however_little_they_are_believed(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await world.send("web", "identify", email=ANNA, device_id="d-1")
    await world.send("account", "identify", email=ANNA, consent={"Advertising": True})
    await _arrives(world, "unsubscribe", at=world.clock.now_ms() + 1)
    persons = {row.person for row in await world.indexes(ANNA)}
    facts = await facts_of_persons(world.house, persons, fresh=True)
    assert len(persons) == 2
    assert [one.consents["marketing"] for one in facts.values()] == [False, False]


async def test_a_signed_complaint_stays_until_staff_lift_it_and_a_typed_one_until_the_next_yes(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await world.send("backend", "identify", email=ANNA, consent={"Advertising": True})
    world.clock.pass_days(1)
    await _arrives(world, "complaint", assurance=Assurance.SECRET)
    assert (await _standing(world), await consent.suppressions(world.house)) == ({"marketing": False}, [])
    world.clock.pass_days(1)
    await world.send("backend", "identify", email=ANNA, consent={"Advertising": True})
    assert await _standing(world) == {"marketing": True}
    await _arrives(world, "complaint")
    [row] = await consent.suppressions(world.house)
    assert (row.reason, await _standing(world)) == ("complaint", {"marketing": False})
    await world.send("backend", "identify", email=ANNA, consent={"Advertising": True})
    assert await _standing(world) == {"marketing": False}, "a suppression outlasts a yes"


async def test_a_request_for_erasure_closes_everything_that_can_be_refused_and_no_sale(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await _arrives(world, "erasure", ("email", ANNA), ("phone", "+4930123456"))
    assert {row.reason for row in await consent.suppressions(world.house)} == {"erasure-request"}
    assert len(await consent.suppressions(world.house)) == 2
    reply = await world.send("backend", "Order Completed", email=ANNA, order_id="A-1", order_total="9.90")
    assert (reply.outcome, reply.kept) == ("stored", 3)


async def test_a_request_for_access_narrows_nothing(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await _arrives(world, "access")
    assert (await consent.suppressions(world.house), await world.rows(Person)) == ([], [])


async def test_a_channel_that_names_no_purposes_closes_all_that_can_be_refused(tmp_path: Path) -> None:
    world = await _world(tmp_path, MAIL.replace(", narrows: [marketing]", ""))
    await _arrives(world, "unsubscribe")
    assert await _standing(world) == {"marketing": False, "analytics": False}


async def test_an_observed_channel_is_heard_of_whom_the_house_knows_and_makes_nobody(tmp_path: Path) -> None:
    world = await _world(tmp_path, MAIL.replace("events:", "stage: observe, events:"))
    await _arrives(world, "unsubscribe", ("email", "new@example.com"))
    assert await world.rows(Person) == []
    await world.send("backend", "identify", email=ANNA, consent={"Advertising": True})
    await _arrives(world, "unsubscribe", at=world.clock.now_ms() + 1)
    assert await _standing(world) == {"marketing": False}


async def test_a_delivery_that_comes_again_does_not_overrule_whoever_lifted_what_it_closed(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await _arrives(world, "complaint", message_id="m-1")
    await consent.lift(world.house, "email", ANNA, reason="asked", by=BY)
    assert await _arrives(world, "complaint", message_id="m-1") == "duplicate"
    assert await consent.suppressions(world.house) == []
    await _arrives(world, "complaint", message_id="m-2")
    assert len(await consent.suppressions(world.house)) == 1


async def test_what_was_cut_off_between_the_no_and_its_receipt_is_heard_again_and_stands_once(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    batch = _batch(world, "unsubscribe")
    world.house.commits = PowerCut(world.store, after=2)
    await narrow(world.house, batch)
    with pytest.raises(Unavailable):
        await collect_group(world.house, [batch])
    world.house.commits = world.store
    await narrow(world.house, batch)
    await collect_group(world.house, [batch])
    assert len(await world.rows(Consent)) == 1
    assert (await verify_state(world.house)).findings.kept == []


async def test_a_no_while_a_request_shuts_somebody_is_theirs_when_it_is_called_off(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    await world.send("backend", "identify", email=ANNA, consent={"Advertising": True})
    case = await world.erase(await world.person(ANNA), now=False)
    world.clock.pass_days(0.2)
    await _arrives(world, "unsubscribe")
    await request.undo(world.house, case, by=BY)
    assert all(not granted for granted in [(await _standing(world))["marketing"]])


@pytest.mark.parametrize("value", ["", "no address", "@", "x" * 5000, "\ud800@example.com", "a\x00b@example.com"])
@pytest.mark.parametrize("what", ["unsubscribe", "complaint", "erasure"])
async def test_what_could_be_nobodys_address_is_passed_over(tmp_path: Path, value: str, what: str) -> None:
    world = await _world(tmp_path)
    assert await _arrives(world, what, ("email", value), ("unheard_of", ANNA)) == "refused"
    assert (await consent.suppressions(world.house), await world.rows(Consent)) == ([], [])
