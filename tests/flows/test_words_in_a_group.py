"""What a group's items say of consent counts as if they had come one after the other."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.crypto.seal import decode_boxes
from lockhouse.flows import consent
from lockhouse.gates.collect import collect_group
from lockhouse.gates.collect.turns import Turns
from lockhouse.model import codes
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Consent, Record
from tests.flows.held import Conflicts, Held
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

STRICT = POLICY.replace("basis: {default: consent, us: opt_out}, sold_or_shared: true", "basis: consent")
EMAIL = "anna@example.com"
Item = tuple[str, str, dict[str, Any]]
ITEMS: dict[str, Item] = {
    "yes": ("backend", "identify", {"consent": {"Advertising": True, "Analytics": True}}),
    "no": ("backend", "identify", {"consent": {"Advertising": False, "Analytics": False}}),
    "gpc": ("web", "identify", {"signals": ["gpc"], "consent": {"Analytics": False}}),
    "order": ("backend", "Order Completed", {"order_total": "12", "loyalty_id": "L-{}"}),
}


async def heard(world: World, email: str) -> tuple[list[tuple[str, bool]], list[list[str]]]:
    """What stands of whoever has this address, the least believed first, and the compartments each record filled."""
    names, everything = world.house.live().names, await world.rows(Record)
    words: list[tuple[str, bool]] = []
    filled: list[list[str]] = []
    for person in dict.fromkeys(row.person for row in sorted(await world.indexes(email), key=lambda row: row.proof)):
        said = {word.purpose: word.granted for word in await consent.show(world.house, person)}
        words += sorted(said.items())
        records = sorted((row for row in everything if row.person == person), key=lambda row: row.id)
        boxes = [[box.compartment for box in decode_boxes(row.boxes)] for row in records]
        filled += [sorted(str(names.name("compartment", one)) for one in record) for record in boxes]
    return words, filled


@pytest.mark.parametrize("known", [False, True])
async def test_a_group_of_one_person_is_decided_as_if_its_items_came_apart(tmp_path: Path, *, known: bool) -> None:
    world = await World.make(tmp_path, STRICT)
    for number, said in enumerate(product(ITEMS, repeat=3)):
        stories = []
        for way in ("together", "apart"):
            email = f"{way}-{number}@example.com"
            if known:
                await world.send("backend", "identify", email=email)
            items = [
                (channel, event, {"email": email} | {key: _own(value, email) for key, value in values.items()})
                for channel, event, values in (ITEMS[one] for one in said)
            ]
            for part in [items] if way == "together" else [[one] for one in items]:
                replies = await world.send_all(part)
                assert {reply.outcome for reply in replies} <= {"stored", "trimmed"}
            stories.append(await heard(world, email))
        assert stories[0] == stories[1], said


def _own(value: Any, email: str) -> Any:
    return value.format(email.partition("@")[0]) if isinstance(value, str) else value


async def test_a_no_that_comes_with_the_yes_of_a_new_person_stands(tmp_path: Path) -> None:
    world = await World.make(tmp_path, STRICT)
    both = [("account", "identify", {"email": EMAIL, "consent": {"Advertising": answer}}) for answer in (True, False)]
    await world.send_all(both)
    assert (await heard(world, EMAIL))[0] == [("marketing", False)]
    [view] = await world.find(EMAIL, role="marketer")
    assert EMAIL not in str(view.fields)


async def test_a_no_that_comes_while_the_person_of_the_yes_is_being_made_stands(tmp_path: Path) -> None:
    world = await World.make(tmp_path, STRICT)
    turns, held = Turns(), Held(world)
    world.house.commits = held
    yes, no, order = (
        world.batch("account", event, {"email": EMAIL} | values)
        for event, values in (
            ("identify", {"consent": {"Advertising": True, "Analytics": False}}),
            ("identify", {"consent": {"Advertising": False}}),
            ("Order Completed", {"order_id": "A-1", "order_total": "12", "loyalty_id": "L-7001234"}),
        )
    )
    first = asyncio.create_task(collect_group(world.house, [yes], turns=turns))
    await held.reached.wait()
    second = asyncio.create_task(collect_group(world.house, [no, order], turns=turns))
    for _ in range(20):
        await asyncio.sleep(0)
    held.go_on.set()
    await asyncio.gather(first, second)
    words, records = await heard(world, EMAIL)
    assert words == [("analytics", False), ("marketing", False)]
    assert not any("analytics" in name or "marketing" in name for name in records[-1])
    assert held.conflicts == []


async def test_a_no_of_which_nothing_else_is_kept_stands_beside_the_yes(tmp_path: Path) -> None:
    world = await World.make(tmp_path, STRICT)
    page = {"device_id": "d-70012345", "page_path": "/"}
    said = [{"consent": {"Advertising": answer, "Analytics": answer}} for answer in (True, False)]
    [_, no] = await world.send_all([("account", "page", page | one) for one in said])
    assert no.code == codes.NO_FIELD_LEFT
    device = await world.person("d-70012345", by="device_id")
    words = {word.purpose: word.granted for word in await consent.show(world.house, device)}
    assert words == {"analytics": False, "marketing": False}


async def test_words_that_alternate_in_one_group_settle_in_one_passage(tmp_path: Path) -> None:
    world = await World.make(tmp_path, STRICT)
    await world.send("account", "identify", email=EMAIL)
    conflicts = world.house.commits = Conflicts(world.store)
    items = [
        ("account", "identify", {"email": EMAIL, "consent": {"Analytics": number % 2 == 0}}) for number in range(12)
    ]
    replies = await world.send_all(items)
    assert {reply.outcome for reply in replies} == {"stored"}
    assert conflicts.seen == []
    assert (await heard(world, EMAIL))[0] == [("analytics", False)]
    assert (await world.kinds()).count("consent") == len(await world.rows(Consent))


async def test_a_late_event_from_before_a_withdrawal_grants_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path, STRICT)
    await world.send("account", "identify", email=EMAIL, consent={"Advertising": True})
    person = await world.person(EMAIL)
    world.clock.pass_days(1)
    await consent.record(world.house, person, "marketing", granted=False)
    world.clock.pass_days(1)
    before = world.clock.at - 2 * DAY_MS + 1_000
    late = {"email": EMAIL, "order_id": "A-1", "at": before, "consent": {"Advertising": True}}
    for number in range(2):
        await world.send("account", "Order Completed", **late, message_id=f"m-{number}")
    assert (await heard(world, EMAIL))[0] == [("marketing", False)]
    assert len(await world.rows(Consent)) == 2, "a yes that counts for nothing is not stored"
    await world.send("account", "Order Completed", **late | {"at": world.clock.at}, message_id="m-3")
    assert (await heard(world, EMAIL))[0] == [("marketing", True)]


async def test_a_yes_dated_ahead_does_not_outlive_the_no_that_came_after_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path, STRICT)
    ahead = world.clock.at + DAY_MS
    await world.send("account", "identify", email=EMAIL, at=ahead, consent={"Advertising": True})
    world.clock.at += 60_000
    await world.send("account", "identify", email=EMAIL, at=world.clock.at - DAY_MS, consent={"Advertising": False})
    assert (await heard(world, EMAIL))[0] == [("marketing", False)]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("no", [{"consent": {"Advertising": False}}, {"signals": ["gpc"]}])
async def test_a_no_stands_against_a_yes_of_its_moment_or_before_it(
    tmp_path: Path, no: dict[str, Any], *, known: bool
) -> None:
    sold = STRICT.replace("basis: consent,", "basis: consent, sold_or_shared: true,")
    world = await World.make(tmp_path, sold)
    if known:
        await world.send("account", "identify", email=EMAIL, name="Anna")
    yes = {"email": EMAIL, "consent": {"Advertising": True}}
    await world.send_all([("account", "identify", {"email": EMAIL} | no), ("account", "identify", dict(yes))])
    assert (await heard(world, EMAIL))[0] == [("marketing", False)]
    world.clock.pass_days(1)
    late = yes | {"at": world.clock.at - 2 * DAY_MS}
    await world.send("backend" if known else "account", "identify", **late)
    assert (await heard(world, EMAIL))[0] == [("marketing", False)]
    await world.send("account", "identify", **yes)
    assert (await heard(world, EMAIL))[0] == [("marketing", True)]


async def test_a_persons_no_is_stored_once_and_a_devices_never_where_consent_is_asked_first(tmp_path: Path) -> None:
    world = await World.make(tmp_path, STRICT)
    for number in range(3):
        await world.send("web", "identify", email=EMAIL, device_id="d-70012345", consent={"Advertising": False})
        await world.send("web", "page", device_id=f"d-7001234{number}", page_path="/", consent={"Advertising": False})
    [word] = await world.rows(Consent)
    assert word.person == await world.person(EMAIL)
    assert (await world.kinds()).count("consent") == 1
