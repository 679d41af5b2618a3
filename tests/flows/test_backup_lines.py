"""A house brought back beside the living one, to try a backup: what ends in it ends nobody in the other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.flows import backup
from lockhouse.flows.orphans import end_orphans
from lockhouse.model.rows import KeyRing, Seal, Tombstone
from lockhouse.wiring import opened
from tests.faces.cli.house import EMAIL, Desk
from tests.flows.restored import copied, restored
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

BERT = "bert@example.org"
HOUR_MS = 3_600_000


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    return desk


def _shown(desk: Desk, house: str, person: str) -> bool:
    return EMAIL in desk.call(f"{house} person reveal {person} --as support --reason 'call back'").out


def test_a_request_fulfilled_where_a_backup_was_tried_ends_nobody_who_called_it_off(desk: Desk) -> None:
    person = desk.person()
    case = desk.call(f"request open {person}", json=True).value["request"]
    assert desk.call("backup create ../copy").code == 0
    assert desk.call("backup restore ../copy --to ../trial").code == 0
    assert desk.call(f"request cancel {case}").code == 0
    assert desk.call(f"-C ../trial request fulfil {case} --now --yes").code == 0
    assert not _shown(desk, "-C ../trial", person)
    assert desk.call("backup create ../later").code == 0
    assert desk.call("backup restore ../later --to ../back").code == 0
    assert _shown(desk, "-C ../back", person)


def test_what_was_destroyed_since_a_backup_of_a_restored_house_is_destroyed_again(desk: Desk) -> None:
    """Its own journal is read, and so is what it began with: whoever had ended before does not come back either."""
    desk.send(("Order Completed", {"email": BERT, "order_id": "B-1"}))
    persons = [desk.person(), desk.person(BERT)]
    assert desk.call("backup create ../copy").code == 0
    for home, person, next_home in zip(("", "-C ../back"), persons, ("../back", "../again"), strict=True):
        if home:
            assert desk.call(f"{home} backup create ../second").code == 0
        case = desk.call(f"{home} request open {person}", json=True).value["request"]
        assert desk.call(f"{home} request fulfil {case} --now --yes").code == 0
        copy = "../second" if home else "../copy"
        seen = desk.call(f"{home} backup restore {copy} --to {next_home}", json=True).value
        assert seen["replayed"]["persons"] == 1
    manifests = [(desk.folder / name / backup.MANIFEST).read_bytes() for name in ("copy", "second")]
    assert backup.parse_manifest(manifests[0]).line == ""
    line = backup.parse_manifest(manifests[1]).line
    assert len({path.name for path in desk.house.rglob("*.destroyed.jsonl")}) == 3
    [shipped] = desk.house.rglob(f"*.{line}.destroyed.jsonl")
    assert shipped.read_bytes() == (desk.folder / "back" / "destroyed.jsonl").read_bytes()
    said = desk.call("-C ../again doctor", json=True).value["results"]
    assert {one["state"] for one in said if one["check"] == "journal"} == {"PASS"}


def test_whose_records_are_missing_under_an_older_store_is_no_orphan(desk: Desk) -> None:
    assert desk.call("backup create ../copy").code == 0
    desk.clock.now += 1_000
    desk.send(("Order Completed", {"email": BERT, "order_id": "B-1"}))
    assert desk.call("backup restore ../copy --to ../trial --only record").code == 0
    living, desk.house = desk.house, desk.folder / "trial"
    for _ in range(27):
        desk.clock.now += HOUR_MS
        desk.send(("Order Completed", {"email": "cleo@example.org"}))
    assert asyncio.run(_orphans(desk, desk.house)) == 0
    assert not [line for line in (living / "destroyed.jsonl").read_bytes().splitlines() if b'"serials":[]' not in line]


async def _orphans(desk: Desk, folder: Path) -> int:
    async with opened(folder, role="work", clock=desk.clock) as house:
        return await end_orphans(house.house, journal=house.journal)


async def test_only_those_made_since_the_records_were_copied_are_kept_from_the_orphans_end(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    empty = copied(world, "record")
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    old = await world.person(EMAIL)
    world.clock.pass_days(0.1)
    since = world.clock.now_ms()
    await world.send("account", "Order Completed", email=BERT, order_id="B-1")
    young = await world.person(BERT)
    back = await restored(world, empty, only="record", at=since)
    assert [(row.person, row.version) for row in await back.rows(Seal)] == [(young, 1)]
    for _ in range(30):
        back.clock.pass_days(1 / 24)
        await back.send("account", "Order Completed", email="cleo@example.org", order_id="C-1")
    assert await end_orphans(back.house, journal=back.journal) == 1
    assert {row.person for row in await back.rows(Tombstone)} == {old}
    assert young in {row.person for row in await back.rows(KeyRing)}
    # And what comes for them later is stored like anybody's.
    assert (await back.send("account", "Order Completed", email=BERT, order_id="B-2")).outcome == "stored"
    assert await back.person(BERT) == young
