"""Imports at the terminal: what a script reads, what a report holds, and that no value of a row is ever repeated."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.gates.imports import take_up
from lockhouse.wiring import opened
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

MAP = """import: 1
event: Order Completed
time: {column: at, zone: UTC}
fields: {email: mail, order_id: number, order_total: total}
"""
HEAD = "mail,number,total,at\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.found()
    (made.house / "map.yaml").write_text(MAP, encoding="utf-8")
    return made


def _file(desk: Desk, raw: str | bytes, name: str = "orders.csv") -> Path:
    place = desk.house / name
    place.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return place


def _import(desk: Desk, *words: str, name: str = "orders.csv") -> Any:
    return desk.call(f"import {name} --channel shop --map map.yaml {' '.join(words)}", json=True)


def _dry(desk: Desk) -> str:
    seen = desk.call("import orders.csv --channel shop --map map.yaml --dry-run")
    assert seen.code == 0, seen.err
    return str(seen.out)


def test_a_script_reads_the_same_figures_before_and_after(desk: Desk) -> None:
    _file(
        desk, HEAD + f"{EMAIL},1,1.50,2026-11-01\nx@customers.example,2,no,2026-11-01\ny@customers.example,3,1,never\n"
    )
    assert "as of now" not in _dry(desk)
    before = _import(desk, "--dry-run").value
    after = _import(desk).value
    for name in ("batch", "stored", "trimmed", "duplicate", "refused", "rejected", "dropped", "rejects", "refused_for"):
        assert before[name] == after[name]
    assert (after["stored"], after["trimmed"], after["rejected"]) == (2, 1, 1)
    assert before["kept"] == {"email": 2, "order_id": 2, "order_total": 1}
    assert after["rejects"] == [{"line": 4, "last": 4, "expected": "a time since 1970 in ISO 8601"}]
    assert (after["state"], after["again"]) == ("done", False)
    assert _import(desk).value["again"] is True
    assert desk.call("import list", json=True).value[0]["batch"] == after["batch"]


def test_without_a_mapping_an_import_says_what_it_read_or_how_one_is_written(desk: Desk) -> None:
    _file(desk, f"order_id,email,Total\nA-1,{EMAIL},3\n")
    error = desk.call("import orders.csv --channel shop", json=True).error
    line = error["hint"].partition("a file of this line: ")[2].partition("}}.")[0] + "}}"
    fields = "fields: {email: email, order_id: order_id}}"
    assert line == f'{{import: 1, event: "Order Completed", time: {{column: COLUMN}}, {fields}'
    (desk.house / "map.yaml").write_text(line.replace("{column: COLUMN}", "now"), "utf-8")
    assert "every row is taken as of now" in _dry(desk)
    assert _import(desk).value["stored"] == 1, "it is a mapping as it stands"
    _file(desk, f"order_id,email,event,time,Total\nA-2,{EMAIL},Order Completed,2026-11-01T00:00:00Z,3\n")
    for words in ("--dry-run", ""):
        seen = desk.call(f"import orders.csv --channel shop {words}")
        assert seen.code == 0, seen.err
        told = "Without a mapping, columns are read that are called as in the policy: email, event, order_id, time."
        assert told in seen.out
    _file(desk, f"order_id,email,event,time,Total\nA-3,{EMAIL},Order Completed,2026-11-01T00:00:00Z,3\n")
    seen = desk.call("import orders.csv --channel shop --dry-run")
    assert "Not read, since nothing of the policy is called so: columns 5." in seen.out


def test_who_asks_of_a_row_that_was_taken_back_is_told_so(desk: Desk) -> None:
    _file(desk, HEAD + f"{EMAIL},A-1,1.50,2026-11-01\n")
    assert "taken back" not in desk.call("why m-1").err
    batch = _import(desk).value["batch"]
    assert "taken back" not in desk.call("why m-1").err
    assert desk.call(f"import undo {batch} --yes").code == 0
    seen = desk.call("why m-1")
    assert seen.code != 0
    assert (
        "1 import was taken back, the last 2026-11-23 13:30Z: of rows that they stored nothing is remembered"
        in seen.err
    )
    assert "lockhouse import list" in seen.err


def test_who_was_imported_is_found_until_it_is_undone(desk: Desk) -> None:
    _file(desk, HEAD + f"{EMAIL},A-77,1.50,2026-11-01\n")
    batch = _import(desk).value["batch"]
    [found] = desk.call("person find order_id -", typed="A-77\n", json=True).value["persons"]
    assert (found["person"], found["records"]) == (desk.person(), 1)
    undone = desk.call(f"import undo {batch} --yes", json=True)
    assert undone.value == {"batch": batch, "state": "taken back", "records": 1, "sent": 0, "missing": 0}
    [found] = desk.call("person find order_id -", typed="A-77\n", json=True).value["persons"]
    assert found["records"] == 0
    assert {one["value"] for one in found["fields"].values()} == {None}
    assert desk.call("ledger verify --records").code == 0


def test_an_undo_asks_first(desk: Desk) -> None:
    _file(desk, HEAD + f"{EMAIL},1,1.50,2026-11-01\n")
    batch = _import(desk).value["batch"]
    refused = desk.call(f"import undo {batch}", typed="no\n", talks=True)
    assert (refused.code, "nothing was changed" in refused.err) == (2, True)
    assert desk.call("import list", json=True).value[0]["state"] == "done"
    assert desk.call(f"import undo {batch}", typed=f"{batch[:8]}\n", talks=True).code == 0


def test_the_reject_report_has_lines_and_reasons_and_no_value(desk: Desk) -> None:
    _file(desk, HEAD + f'{EMAIL},1\n{EMAIL},2,1,{EMAIL}\n"{EMAIL}"x,3,1,2026-11-01\n{EMAIL}\0,4,1,2026-11-01\n')
    seen = _import(desk, "--rejects", "bad.csv")
    report = (desk.house / "bad.csv").read_text("utf-8")
    assert report.splitlines()[0] == "line,last,expected"
    assert [line.split(",")[0] for line in report.splitlines()[1:]] == ["2", "3", "4", "5"]
    assert (desk.house / "bad.csv").stat().st_mode & 0o777 == 0o600
    for text in (seen.out, seen.err, report):
        assert "canary" not in text


def test_a_report_that_exists_is_refused_before_anything_is_stored(desk: Desk) -> None:
    _file(desk, HEAD + f"{EMAIL},1,1.50,2026-11-01\n")
    _file(desk, "", name="bad.csv")
    assert _import(desk, "--rejects", "bad.csv").error["code"] == "invalid"
    assert desk.call("import list", json=True).value == []


@pytest.mark.parametrize("place", ["nowhere/bad.csv", "dangling.csv"])
def test_a_report_without_a_place_is_refused_before_anything_is_stored(desk: Desk, place: str) -> None:
    _file(desk, HEAD + f"{EMAIL},1,1.50,never\n")
    (desk.house / "dangling.csv").symlink_to(desk.house / "nowhere" / "bad.csv")
    assert _import(desk, "--rejects", place).error["code"] == "invalid"
    assert desk.call("import list", json=True).value == []


def test_an_import_that_is_refused_leaves_no_report(desk: Desk) -> None:
    _file(desk, HEAD.replace("mail", "post"))
    assert _import(desk, "--rejects", "bad.csv").error["code"] == "invalid"
    assert not (desk.house / "bad.csv").exists()


def test_json_lines_come_in_too_and_without_a_mapping(desk: Desk) -> None:
    row = {"event": "Order Completed", "time": "2026-11-01T10:00:00Z", "email": EMAIL, "order_id": "A-1", "ssn": "9"}
    _file(desk, json.dumps(row) + "\n", name="orders.jsonl")
    seen = desk.call("import orders.jsonl --channel shop", json=True)
    assert (seen.code, seen.value["stored"], seen.value["trimmed"]) == (0, 1, 0)


def test_a_file_in_another_encoding_and_with_other_signs_is_read_as_its_mapping_says(desk: Desk) -> None:
    (desk.house / "map.yaml").write_text(MAP.replace("order_total: total", "name: total") + "encoding: windows-1252\n"
                                         "delimiter: semicolon\n", encoding="utf-8")  # fmt: skip
    _file(desk, HEAD.replace(",", ";").encode() + f"{EMAIL};1;Jürgen €;2026-11-01\n".encode("windows-1252"))
    assert _import(desk).value["stored"] == 1
    reason = "--for fulfilment --as support"
    seen = desk.call(f"person show {desk.person()} {reason}", json=True)
    assert seen.code == 0, seen.err


def test_a_yaml_mapping_in_the_wrong_place_is_said_to_be(desk: Desk) -> None:
    _file(desk, HEAD)
    for named in ("nowhere.yaml", "."):
        seen = desk.call(f"import orders.csv --channel shop --map {named}", json=True)
        assert seen.error["code"] == "invalid"
    (desk.house / "map.yaml").write_bytes(b"\xff\xfe")
    assert _import(desk).error["message"].startswith("--map: expected a file in UTF-8")
    (desk.house / "map.yaml").write_bytes(b"#" * (1 << 21))
    assert "1,048,576" in _import(desk).error["message"]


def test_many_rows_that_cannot_be_read_are_told_by_what_was_expected(desk: Desk) -> None:
    rows = [f"{EMAIL},{number},1,{'yesterday' if number % 3 else '2026-11-01'}" for number in range(90)]
    _file(desk, (HEAD + "\n".join(rows) + "\n").encode() + b"J\xfcrgen,91,1,2026-11-01\n")
    said = desk.call("import orders.csv --channel shop --map map.yaml --dry-run").out
    table = said.partition("Could not be read\n")[2].splitlines()
    assert [line.split(maxsplit=2) for line in table[:3]] == [
        ["rows", "first", "line  expected"], ["60", "3", "a time since 1970 in ISO 8601"],
        ["1", "92", "text in the file's encoding"],
    ]  # fmt: skip
    assert "--rejects FILE" in table[3]
    assert "windows-1252" in table[4]


def test_an_import_that_stopped_says_how_it_goes_on(desk: Desk) -> None:
    _file(desk, HEAD + f"{EMAIL},1,1.50,2026-11-01\n")
    before = _import(desk, "--dry-run").value["batch"]

    async def begin() -> None:
        async with opened(desk.house, role="console", clock=desk.clock) as one:
            number = one.house.live().policy.channels["shop"].id
            await take_up(one.house, bytes.fromhex(before), channel=number, by="os-user:0")

    asyncio.run(begin())
    said = desk.call("import list").out
    assert "type the import again as it was" in said
    assert f"lockhouse import undo {before}" in said
    assert _import(desk).value["stored"] == 1
    assert "again" not in desk.call("import list").out


def test_a_role_that_may_not_import_does_not(desk: Desk) -> None:
    _file(desk, HEAD)
    seen = _import(desk, "--as", "support")
    assert seen.error["code"] == "refused"
    assert desk.call("import list", json=True).value == []


def test_profiles_before_their_consents_are_told_to_wait_for_them(desk: Desk) -> None:
    fields = "fields: {email: mail, birth_date: born}\n"
    (desk.house / "people.yaml").write_text(
        "import: 1\nevent: identify\ntime: {column: at, zone: UTC}\n" + fields, encoding="utf-8"
    )
    _file(desk, f"mail,born,at\n{EMAIL},1990-01-02,2026-11-01\n", "people.csv")
    line = "import people.csv --channel shop --map people.yaml --dry-run"
    before = desk.call(line, json=True).value
    assert (before["without_consent"], before["unspoken"], "birth_date" in before["kept"]) == (1, ["marketing"], False)
    told = desk.call(line).out
    assert "bring them before: lockhouse consent import FILE" in told
    assert "Nobody in this house has said anything on marketing yet." in told
    _file(desk, f"email,purpose,state,time\n{EMAIL},marketing,granted,2026-10-01T00:00:00Z\n", "consents.csv")
    assert desk.call("consent import consents.csv", json=True).value["stored"] == 1
    after = desk.call(line, json=True).value
    assert (after["without_consent"], after["unspoken"], after["kept"]["birth_date"]) == (0, [], 1)
