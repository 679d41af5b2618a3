"""What a shorter keep ends is counted before it is approved; whoever ends much says how much, and two where two are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.channels import segment
from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Refused, Tampered
from lockhouse.flows import approve
from lockhouse.gates.ending.reach import Reach
from lockhouse.gates.versions import withdraw
from lockhouse.model.rows import PolicyVersion, Record
from lockhouse.policy.document import parse
from lockhouse.wiring import template
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

BY, OTHER = "os-user:0", "os-user:1000"
SHORTER = POLICY.replace("keep: 13 months after event", "keep: 2 months after event")
IDLER = POLICY.replace("36 months after last_activity", "60 days after last_activity").replace(
    "24 months after last_activity", "60 days after last_activity"
)


async def _lived(tmp_path: Path, *, newer: int) -> World:
    """Three page views of 120 days ago, of two devices, and some of today."""
    world = await World.make(tmp_path)
    for device in ("tablet-0042", "tablet-0042", "tablet-0043"):
        await world.send("web", "page", device_id=device, page_path="/")
    world.clock.pass_days(120)
    await world.new_epochs()
    for _ in range(newer):
        await world.send("web", "page", device_id="tablet-0099", page_path="/")
    world.house.demo = False
    return world


async def _draft(world: World, text: str) -> approve.Draft:
    document = parse({"policy.yaml": text}, templates=template)
    return await approve.draft_of(world.house, document, {"segment": segment.KIND})


async def _boxes(world: World) -> int:
    return sum(len(decode_boxes(row.boxes)) for row in await world.rows(Record))


async def test_what_a_shorter_keep_ends_is_counted_in_boxes_and_persons(tmp_path: Path) -> None:
    world = await _lived(tmp_path, newer=2)
    everything = await _boxes(world)
    draft = await _draft(world, SHORTER)
    ends = everything * 3 // 5
    assert draft.reach == Reach(
        boxes=ends, persons=2, soon_boxes=ends, soon_persons=2, of_boxes=everything, of_persons=3
    )
    assert (await _draft(world, POLICY.replace("see: {contact: masked", "see: {contact: full"))).reach is None
    gone = POLICY.replace("13 months after event", "24 months after event")
    assert (await _draft(world, gone)).reach is None, "it keeps for longer"


async def test_a_keep_by_which_the_mass_ends_next_week_is_as_much_as_one_by_which_it_ends_now(tmp_path: Path) -> None:
    world = await _lived(tmp_path, newer=2)
    nearly = POLICY.replace("keep: 13 months after event", "keep: 4 months after event")
    for text, soon in ((SHORTER, True), (nearly, True), (nearly.replace("keep: 4", "keep: 6"), False)):
        reach = (await _draft(world, text)).reach
        assert reach is not None
        assert (reach.boxes > 0, reach.soon_boxes > 0, reach.is_much) == (text == SHORTER, soon, soon)
    draft = await _draft(world, nearly)
    assert draft.reach is not None
    assert (draft.reach.soon_boxes * 5, draft.reach.soon_persons) == (draft.reach.of_boxes * 3, 2)
    with pytest.raises(Refused, match="policy: expected the number of boxes that end") as caught:
        await approve.approve(world.house, draft, nearly.encode(), by=BY)
    assert caught.value.hint == f"--ends {draft.reach.soon_boxes}"
    assert await approve.approve(world.house, draft, nearly.encode(), by=BY, ends=draft.reach.soon_boxes) == 2


async def test_what_ends_soon_by_either_policy_is_no_effect_of_the_draft(tmp_path: Path) -> None:
    world = await _lived(tmp_path, newer=2)
    world.clock.pass_days(270)  # the month of the older ones was over some 12 months and a half ago
    reach = (await _draft(world, POLICY.replace("keep: 13 months after event", "keep: 390 days after event"))).reach
    assert reach is not None
    assert (reach.boxes, reach.soon_boxes, reach.is_much) == (0, 0, False)


def test_a_number_may_be_off_by_a_hundredth_since_a_house_that_serves_never_stands_still() -> None:
    reach = Reach(boxes=200, soon_boxes=1_000, of_boxes=2_000)
    assert [number for number in (None, 989, 990, 1_000, 1_010, 1_011, 200) if reach.is_told(number)] == [
        990, 1_000, 1_010,
    ]  # fmt: skip
    assert [number for number in (98, 99, 100) if Reach(boxes=99, of_boxes=99).is_told(number)] == [99]


async def test_what_the_live_policy_has_ended_already_is_nothing_that_a_draft_ends(tmp_path: Path) -> None:
    world = await _lived(tmp_path, newer=2)
    world.clock.pass_days(340)  # the month of the older ones was over 13 months ago
    reach = (await _draft(world, SHORTER)).reach
    assert reach is not None
    assert (reach.boxes * 5, reach.persons) == (reach.of_boxes * 2, 1)


async def test_a_keep_that_is_shortened_in_small_steps_is_shortened_by_all_of_them(tmp_path: Path) -> None:
    world = await World.make(tmp_path, POLICY.replace("keep: 13 months after event", "keep: 24 months after event"))
    for _ in range(6):
        await world.new_epochs()
        await world.send("web", "page", device_id="tablet-0042", page_path="/")
        world.clock.pass_days(31)
    await world.new_epochs()
    for _ in range(60):
        await world.send("web", "page", device_id="tablet-0099", page_path="/")
    world.house.demo = False

    async def shorten(keep: int) -> int:
        text = POLICY.replace("keep: 13 months after event", f"keep: {keep} months after event")
        return await approve.approve(world.house, await _draft(world, text), text.encode(), by=BY)

    for keep in range(12, 3, -1):
        await shorten(keep)
        world.clock.pass_days(0.1)
    with pytest.raises(Refused, match="policy: expected the number of boxes that end"):
        await shorten(3)
    world.clock.pass_days(31)
    with pytest.raises(Refused, match="policy: expected the number of boxes that end"):
        await shorten(1)
    assert await shorten(3) == 11, "one step of a month, a month later"


async def test_what_ends_by_last_activity_counts_for_whoever_was_not_active_since(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email="anna@example.com", name="Anna")
    await world.send("account", "identify", email="bert@example.com", name="Bert")
    world.clock.pass_days(90)
    await world.new_epochs()
    await world.send("account", "identify", email="bert@example.com", name="Bert")
    reach = (await _draft(world, IDLER)).reach
    assert reach is not None
    assert (reach.persons, reach.of_persons) == (1, 2)
    assert 0 < reach.boxes < reach.of_boxes / 2


async def test_what_is_destroyed_or_shut_is_not_counted_as_kept(tmp_path: Path) -> None:
    world = await _lived(tmp_path, newer=2)
    before = (await _draft(world, SHORTER)).reach
    world.house.demo = True  # where nobody waits for a destruction
    await world.erase(await world.person("tablet-0043", by="device_id"))
    after = (await _draft(world, SHORTER)).reach
    assert before is not None
    assert after is not None
    assert (after.persons, after.of_persons) == (1, 2)
    assert after.of_boxes < before.of_boxes


async def test_who_ends_much_types_how_much(tmp_path: Path) -> None:
    world = await _lived(tmp_path, newer=2)
    draft = await _draft(world, SHORTER)
    assert draft.reach is not None
    for said in (None, draft.reach.many + 1):
        with pytest.raises(Refused, match="policy: expected the number of boxes that end") as caught:
            await approve.approve(world.house, draft, SHORTER.encode(), by=BY, ends=said)
        assert caught.value.hint == f"--ends {draft.reach.many}"
    assert world.house.live().version == 1
    assert await approve.approve(world.house, draft, SHORTER.encode(), by=BY, ends=draft.reach.many) == 2
    assert world.house.live().version == 2, "what narrows rules at once"


async def test_a_twentieth_is_not_much(tmp_path: Path) -> None:
    world = await _lived(tmp_path, newer=57)
    draft = await _draft(world, SHORTER)
    assert draft.reach is not None
    assert draft.reach.boxes * 20 == draft.reach.of_boxes
    assert await approve.approve(world.house, draft, SHORTER.encode(), by=BY) == 2


async def test_where_somebody_else_approves_too_one_proposes_and_another_approves_what_ends_much(
    tmp_path: Path,
) -> None:
    world = await _lived(tmp_path, newer=2)
    draft = await _draft(world, SHORTER)
    assert draft.reach is not None
    many = draft.reach.many
    with pytest.raises(Refused, match="policy: expected a second person, as much ends, got one"):
        await approve.approve(world.house, draft, SHORTER.encode(), by=OTHER, ends=many)
    await approve.propose(world.house, draft, SHORTER.encode(), by=OTHER)
    again = await _draft(world, SHORTER)
    with pytest.raises(Refused, match="policy: expected a second person"):
        await approve.approve(world.house, again, SHORTER.encode(), by=OTHER, ends=many)
    assert await approve.approve(world.house, again, SHORTER.encode(), by=BY, ends=many) == 3
    assert world.house.live().version == 3


async def test_a_proposal_that_its_maker_withdrew_and_somebody_put_back_is_no_second_person(tmp_path: Path) -> None:
    world = await _lived(tmp_path, newer=2)
    draft = await _draft(world, SHORTER)
    number = await approve.propose(world.house, draft, SHORTER.encode(), by=OTHER)
    [proposed] = [row for row in await world.rows(PolicyVersion) if row.id == number]
    await withdraw(world.house, number, by=OTHER)
    world.plant(proposed)
    draft = await _draft(world, SHORTER)
    assert draft.reach is not None
    with pytest.raises(Tampered, match="policy: expected the version as it was left last"):
        await approve.approve(world.house, draft, SHORTER.encode(), by=BY, ends=draft.reach.many)
    assert world.house.live().version == 1


async def test_a_keep_of_months_said_in_as_many_days_is_a_change_both_ways(tmp_path: Path) -> None:
    """84 months are 2,557 days at most, and 2,604 if each had 31."""
    world = await _lived(tmp_path, newer=2)
    draft = await _draft(world, POLICY.replace("keep: 84 months after event", "keep: 2604 days after event"))
    assert draft.effects.longer == ("accounting: 2604 days after event (was 84 months after event)",)
    assert draft.due_at is not None
    assert draft.reach is None
    either = await _draft(world, POLICY.replace("keep: 84 months after event", "keep: 2500 days after event"))
    assert (either.due_at is None, either.reach is None) == (False, False), "it may be either"
