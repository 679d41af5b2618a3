"""A channel in stage `trial` is decided as live, and what the policy lacks waits sealed for 72 hours for a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.crypto.keyring import Keyring
from lockhouse.errors import NotFound, Refused
from lockhouse.flows import observed
from lockhouse.flows import replay as flow
from lockhouse.flows.quarantine import end_quarantine
from lockhouse.gates import quarantine
from lockhouse.gates.epochs import epoch_at
from lockhouse.model.rows import EpochKey, Outbox, Person, Quarantined, Receipt, Record
from lockhouse.model.scale import KeyState
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.flows.replay import Replayed
    from lockhouse.gates.quarantine import Waiting

TRIAL = POLICY.replace("secret, stage: live}\n  account", "secret, stage: trial}\n  account")
COUPON = "  coupon: {type: text, class: transactions, for: [fulfilment]}\nevents:"
WIDER = TRIAL.replace("events:", COUPON, 1).replace("order_total, country]", "order_total, country, coupon]")
QUIZ = TRIAL.replace("  Order Completed: [", "  Quiz Done: [email, name, order_id, order_total]\n  Order Completed: [")
ANNA = "anna@example.com"


async def replay(world: World, *, dry: bool = False, since: int = 0) -> Replayed:
    return await flow.replay(world.house, flow.Wanted("backend", since, dry), by="os-user:1000")


async def waiting(world: World) -> Waiting:
    return await observed.waiting(world.house, world.house.live().policy.channels["backend"].id)


async def order(world: World, number: int = 1, **more: object) -> None:
    values = {"email": ANNA, "order_id": f"A-{number}", "message_id": f"m-{number}", "coupon": "SPRING"} | more
    await world.send("backend", "Order Completed", **values)


async def test_a_channel_in_trial_answers_and_stores_as_a_live_one(tmp_path: Path) -> None:
    for folder in ("trial", "live"):
        (tmp_path / folder).mkdir()
    trial, live = await World.make(tmp_path / "trial", TRIAL), await World.make(tmp_path / "live", POLICY)
    for world in (trial, live):
        await order(world)
        await world.send("backend", "Quiz Done", email=ANNA, score=3)
    assert [(one.code, one.kept, one.dropped) for one in trial.replies] == [
        (one.code, one.kept, one.dropped) for one in live.replies
    ]
    assert [len(await trial.rows(kind)) for kind in (Record, Receipt, Person)] == [
        len(await live.rows(kind)) for kind in (Record, Receipt, Person)
    ]
    assert len(await trial.rows(Quarantined)) == 2
    assert await live.rows(Quarantined) == []


async def test_a_field_that_a_later_policy_names_is_stored_by_a_replay_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    sent_at = world.clock.now_ms()
    world.clock.pass_days(1)
    assert (await replay(world)).fields == {}
    await world.approve(WIDER)
    done = await replay(world)
    assert (done.looked, done.stored, done.added, done.left) == (1, 0, 1, 0)
    assert done.fields == {"Order Completed": {"coupon": 1}}
    assert await world.rows(Quarantined) == []
    first, second = sorted(await world.rows(Record), key=lambda row: row.id)
    assert (second.person, second.occurred_at, second.received_at) == (first.person, sent_at, sent_at)
    assert (await replay(world)).looked == 0
    assert len(await world.rows(Record)) == 2
    [view] = await world.find(ANNA)
    assert view.fields["coupon"].value == "SPRING"
    assert view.fields["order_id"].value == "A-1"
    assert await world.findings() == []


async def test_an_event_that_a_later_policy_names_is_stored_and_a_retry_of_it_is_a_duplicate(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    refused = await world.send("backend", "Quiz Done", email=ANNA, order_id="Q-1", message_id="quiz")
    assert refused.code == "LH-2120"
    await world.approve(QUIZ)
    done = await replay(world)
    assert (done.stored, done.fields) == (1, {"Quiz Done": {"email": 1, "order_id": 1}})
    [view] = await world.find(ANNA)
    assert view.records == 2
    again = await world.send("backend", "Quiz Done", email=ANNA, order_id="Q-1", message_id="quiz")
    assert again.code == "LH-0100"
    assert len(await world.rows(Record)) == 2
    assert await world.findings() == []


async def test_an_event_that_came_again_before_the_replay_is_stored_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, coupon=None)
    quiz = {"email": ANNA, "order_id": "Q-1", "message_id": "quiz"}
    assert (await world.send("backend", "Quiz Done", **quiz)).code == "LH-2120"
    await world.approve(QUIZ)
    assert (await world.send("backend", "Quiz Done", **quiz)).outcome == "stored"
    done = await replay(world)
    assert (done.stored, done.ended, done.moved) == (0, 1, 0)
    assert len(await world.rows(Record)) == 2
    assert (await replay(world)).looked == 0
    assert await world.findings() == []


async def test_what_is_still_lacking_stays_with_its_first_72_hours(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, gift_wrap="red")
    [before] = await world.rows(Quarantined)
    world.clock.pass_days(2)
    await world.approve(WIDER)
    done = await replay(world)
    assert (done.added, done.left) == (1, 1)
    [after] = await world.rows(Quarantined)
    assert (after.id, after.at, after.boxes != before.boxes) == (before.id, before.at, True)
    assert (await replay(world)).fields == {}
    assert (await waiting(world)).last_until == before.at + quarantine.KEEP_MS


async def test_a_value_that_did_not_fit_its_type_waits_for_one_that_it_fits(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, coupon=None, order_total="twelve")
    await world.approve(TRIAL.replace("order_total: {type: money", "order_total: {type: text"))
    assert (await replay(world)).fields == {"Order Completed": {"order_total": 1}}


async def test_a_dry_run_tells_the_same_and_stores_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await world.approve(WIDER)
    rows = await world.rows(Quarantined)
    told = await replay(world, dry=True)
    assert (await world.rows(Quarantined), len(await world.rows(Record))) == (rows, 1)
    assert (await world.kinds()).count("rework") == 1
    assert await replay(world) == told


async def test_a_replay_is_noted_before_anything_is_opened(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await world.approve(WIDER)
    before = (await world.kinds()).count("rework")
    await replay(world)
    assert (await world.kinds()).count("rework") == before + 1


async def test_72_hours_later_nothing_replays_it_and_its_key_is_destroyed(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    [row] = await world.rows(Quarantined)
    day = epoch_at(row.at, daily=True)
    world.clock.at = row.at + quarantine.KEEP_MS - 1
    world.clock.run += quarantine.KEEP_MS / 1000
    assert (await end_quarantine(world.house, journal=world.journal)) == (0, 0)
    assert (await waiting(world)).events == 1
    world.clock.pass_days(1 / 86_400_000)
    await world.approve(WIDER)
    assert (await waiting(world)).events == 0
    assert ((await replay(world)).ended, await world.rows(Quarantined)) == (1, [])
    world.plant(row)
    world.clock.pass_days(1)
    assert (await end_quarantine(world.house, journal=world.journal)) == (1, 1)
    [key] = [one for one in await world.rows(EpochKey) if (one.compartment, one.epoch) == (0, day)]
    assert (key.state, key.wrapped) == (KeyState.DESTROYED, None)
    assert key.serial in world.journal.serials
    assert await world.rows(Quarantined) == []
    assert (await end_quarantine(world.house, journal=world.journal)) == (0, 0)
    assert await world.findings() == []


async def test_of_who_is_not_known_nothing_is_kept_since_nobody_could_end_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await world.send("backend", "Quiz Done", email="nobody@example.com", score=3)
    assert (await world.rows(Quarantined), await world.rows(Person)) == ([], [])


async def test_a_channel_keeps_no_more_than_its_bytes_and_counts_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "MAX_BYTES", 1_500)
    world = await World.make(tmp_path, TRIAL)
    for number in range(6):
        await order(world, number)
    kept = await world.rows(Quarantined)
    assert 0 < len(kept) < 6
    assert sum(len(row.boxes) for row in kept) <= 1_500 + 60 * len(kept)
    assert all(reply.code == "LH-0001" for reply in world.replies)


async def test_after_the_stage_what_lies_there_may_still_be_replayed_and_nothing_comes_along(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await world.approve(WIDER.replace("stage: trial", "stage: live"))
    await order(world, 2, more="x")
    assert len(await world.rows(Quarantined)) == 1
    assert (await replay(world)).added == 1


async def test_a_channel_that_observes_replays_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await world.approve(TRIAL.replace("stage: trial", "stage: observe"))
    with pytest.raises(Refused):
        await replay(world)
    with pytest.raises(NotFound):
        await flow.replay(world.house, flow.Wanted("till"), by="os-user:1000")


async def test_only_what_came_since_is_replayed(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    world.clock.pass_days(1)
    since = world.clock.now_ms()
    await order(world, 2)
    await world.approve(WIDER)
    assert ((await replay(world, since=since)).added, len(await world.rows(Quarantined))) == (1, 1)


async def test_to_a_record_that_was_sent_on_nothing_is_sent_after(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await world.send("backend", "Quiz Done", email=ANNA, order_total="3.00")
    sent = len(await world.rows(Outbox))
    await world.approve(WIDER)
    await replay(world)
    assert len(await world.rows(Outbox)) == sent
    await world.approve(QUIZ)
    await replay(world)
    assert len(await world.rows(Outbox)) == sent + 1


async def test_what_was_replayed_while_the_process_stood_still_is_not_stored_by_that_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    await world.approve(WIDER)
    seal_group = Keyring.seal_group

    def slowly(*group: Any, **given: Any) -> Any:
        world.clock.at += 5_001
        return seal_group(*group, **given)

    monkeypatch.setattr(Keyring, "seal_group", slowly)
    await replay(world)
    monkeypatch.setattr(Keyring, "seal_group", seal_group)
    assert len(await world.rows(Record)) == 1
    await replay(world)
    assert len(await world.rows(Record)) == 2
