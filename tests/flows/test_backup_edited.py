"""A backup of a house in which somebody edited an ending: it is brought back, shut for reading, and says which."""

from __future__ import annotations

import asyncio
from contextlib import closing
from sqlite3 import connect
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.adapters.sqlite_copy import digest
from lockhouse.flows import backup
from lockhouse.model.rows import Tombstone
from lockhouse.wiring import opened
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faces.cli.house import Seen

BO, CLEO = "bo@x.example", "cleo@x.example"
EDITS = pytest.mark.parametrize(
    "edit", ["at = at + 1", "state = -1", "body = x'00'", "mac = zeroblob(16)", "state = 1 - state"]
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(*[("Order Completed", {"email": one, "order_id": one[:2]}) for one in (EMAIL, BO, CLEO)])
    return desk


def _ask(desk: Desk, email: str, *, fulfil: bool) -> str:
    case: str = desk.call(f"request open {desk.person(email)}", json=True).value["request"]
    if fulfil:
        assert desk.call(f"request fulfil {case} --now --yes").code == 0
    return case


def _edit(desk: Desk, case: str, edit: str) -> None:
    with closing(connect(desk.house / "record.db")) as store:
        store.execute(f"UPDATE intent SET {edit} WHERE id = ?", (bytes.fromhex(case),))  # noqa: S608  # of this file
        store.commit()


def _reveal(desk: Desk, person: str) -> Seen:
    return desk.call(f"-C ../back person reveal {person} --as support --reason 'call back'")


def _doctor(desk: Desk, check: str, house: str = "") -> tuple[str, str]:
    [one] = [one for one in desk.call(f"{house} doctor", json=True).value["results"] if one["check"] == check]
    return one["state"], one["sentence"]


@EDITS
@pytest.mark.parametrize("only", ["", " --only record", " --only identity"])
def test_a_house_with_an_edited_ending_that_is_over_is_brought_back_and_not_read_before_somebody_answers(
    desk: Desk, edit: str, only: str
) -> None:
    over, person = _ask(desk, BO, fulfil=True), desk.person(CLEO)
    anna = desk.person(EMAIL)
    _edit(desk, over, edit)
    state, sentence = _doctor(desk, "endings")
    assert (state, over in sentence) == ("FAIL", True)
    assert desk.call("backup create ../copy").code == 0
    _ask(desk, EMAIL, fulfil=True)
    seen = desk.call(f"backup restore ../copy --to ../back{only}")
    assert seen.code == 0, seen.err
    assert f"changed by hand in the backup: {over}." in seen.out
    shut = _reveal(desk, person)
    assert ("sound endings, got one without" in shut.err, CLEO in shut.out) == (True, False)
    assert _doctor(desk, "readable", "-C ../back")[0] == "FAIL"
    assert desk.call("-C ../back accept restore --yes").code == 0
    assert CLEO in _reveal(desk, person).out
    # The journal is whole: who was erased since has ended again.
    assert EMAIL not in _reveal(desk, anna).out


@EDITS
def test_what_waits_by_an_edited_request_stands_as_a_request_and_is_not_read(desk: Desk, edit: str) -> None:
    person, case = desk.person(BO), _ask(desk, BO, fulfil=False)
    _edit(desk, case, edit)
    assert desk.call("backup create ../copy").code == 0
    seen = desk.call("backup restore ../copy --to ../back", json=True).value["replayed"]
    assert (seen["spoilt"], seen["standing"], seen["shut"]) == ([case], 1, True)
    assert desk.call("-C ../back accept restore --yes").code == 0
    assert BO not in _reveal(desk, person).out
    assert _doctor(desk, "endings", "-C ../back")[0] == "PASS"
    assert desk.call(f"-C ../back request cancel {case}").code == 0
    assert BO in _reveal(desk, person).out


def test_an_edited_request_that_was_carried_out_since_is_carried_out_again(desk: Desk) -> None:
    person, case = desk.person(BO), _ask(desk, BO, fulfil=False)
    assert desk.call("backup create ../copy").code == 0
    with closing(connect(desk.folder / "copy" / "record.db")) as store:
        store.execute("UPDATE intent SET at = at + 1")
        store.commit()
    _trust(desk)
    assert desk.call(f"request fulfil {case} --now --yes").code == 0
    seen = desk.call("backup restore ../copy --to ../back", json=True).value["replayed"]
    assert (seen["spoilt"], seen["persons"], seen["standing"]) == ([case], 1, 0)
    assert desk.call("-C ../back accept restore --yes").code == 0
    assert BO not in _reveal(desk, person).out
    assert "Clean" in desk.call("-C ../back ledger verify --records").out
    assert asyncio.run(_tombstones(desk)) == 9


def _trust(desk: Desk) -> None:
    """Whoever edits a backup writes its manifest anew."""
    file = desk.folder / "copy" / backup.MANIFEST
    manifest = backup.parse_manifest(file.read_bytes())
    files = manifest.files | {"record": digest(desk.folder / "copy" / "record.db")}
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(manifest, files=files)))


async def _tombstones(desk: Desk) -> int:
    async with opened(desk.folder / "back", role="console", clock=desk.clock) as house:
        return sum([len(rows) async for rows in house.house.reads.scan(Tombstone)])
