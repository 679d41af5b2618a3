"""SQL puts a checkpoint under another size: the row is named, and what the house gives away is of its own tree."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Tampered
from lockhouse.ledger.verify import verify_certificate
from lockhouse.model.rows import Checkpoint
from tests.faces.cli.house import EMAIL, Desk
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

HUGE = 2**62


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A house at rest, with several checkpoints."""
    desk = Desk(tmp_path)
    desk.found()
    for number in range(2):
        desk.clock.now += 1_000
        desk.send(("Order Completed", {"email": EMAIL, "order_id": f"A-{number}"}))
    assert desk.call("ledger verify").code == 0
    return desk


def by_sql(desk: Desk, statement: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(desk.house / "record.db", isolation_level=None)) as administrator:
        return administrator.execute(statement, values).fetchall()


def size_of(desk: Desk) -> int:
    [(size,)] = by_sql(desk, "SELECT tree_size FROM house")
    return int(size)


def findings(desk: Desk) -> set[tuple[str, str]]:
    seen = desk.call("ledger verify", json=True)
    assert seen.code == 7
    return {(one["kind"], one["where"]) for one in seen.value["findings"]}


@pytest.mark.parametrize("other", [HUGE, -1], ids=["of a tree that nothing can hold", "of less than nothing"])
@pytest.mark.parametrize("which", ["newest", "older"])
def test_a_checkpoint_under_another_size_is_named_and_the_house_gives_away_its_own(
    desk: Desk, which: str, other: int
) -> None:
    case = desk.call(f"request open {desk.person()}", json=True).value["request"]
    size = size_of(desk)
    told = "max" if which == "newest" else "min"
    by_sql(desk, f"UPDATE checkpoint SET size = ? WHERE size = (SELECT {told}(size) FROM checkpoint)", other)  # noqa: S608
    assert ("misplaced-checkpoint", f"checkpoint of size {other}") in findings(desk)
    point = desk.call("ledger checkpoint", json=True).value
    assert (point["size"], point["checkpoint"].split("\n")[1]) == (size, f"{size}")
    assert desk.call("ledger log").out.count("\n") > 1
    assert desk.call("ledger export log.jsonl").code == 0
    assert desk.call(f"request fulfil {case} --now --yes").code == 0
    assert desk.call(f"request certificate {case} --to c.json").code == 0
    verify_certificate((desk.house / "c.json").read_bytes(), vkeys=[point["vkey"]])
    assert ("misplaced-checkpoint", f"checkpoint of size {other}") in findings(desk)


def test_an_older_checkpoint_in_the_newest_place_is_not_given_away(desk: Desk) -> None:
    size = size_of(desk)
    by_sql(
        desk, "UPDATE checkpoint SET text = (SELECT text FROM checkpoint ORDER BY size LIMIT 1) WHERE size = ?", size
    )
    for line in ("ledger checkpoint", "ledger export log.jsonl"):
        seen = desk.call(line)
        assert (seen.code, f"checkpoint of size {size}: expected the one that was signed" in seen.err) == (7, True)
    assert "misplaced-checkpoint" in {kind for kind, _ in findings(desk)}


async def test_a_checkpoint_that_was_taken_from_a_house_at_work_is_not_made_good_by_an_older_one(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    await world.store.seal_ledger()
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    newest = await world.store.seal_ledger()
    assert await world.store.seal_ledger() == newest
    world.drop(newest)
    with pytest.raises(Tampered, match=f"checkpoint of size {newest.size}: expected the one that was signed"):
        await world.store.seal_ledger()
    assert len(await world.rows(Checkpoint)) > 0


def test_a_checkpoint_of_another_log_in_no_trees_place_is_forged(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    other.found()
    text, vkey = (other.call("ledger checkpoint", json=True).value[key] for key in ("checkpoint", "vkey"))
    by_sql(desk, "INSERT INTO checkpoint (size, at, text) VALUES (?, 0, ?), (?, 0, 'nothing')", HUGE, text, HUGE + 1)
    assert findings(desk) == {("forged-checkpoint", f"checkpoint of size {HUGE + at}") for at in range(2)}
    own = desk.call("ledger checkpoint", json=True).value["vkey"]
    seen = desk.call(["ledger", "verify", "--vkey", own, "--vkey", vkey])
    assert f"checkpoint of size {HUGE}: It was signed for another log." in seen.out
