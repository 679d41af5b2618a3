"""A database administrator writes what no row of ours has: it is named as their doing and never as our fault.

Such rows carry no MAC, or are read by one whose making takes no such number; what else they hold is sealed, bound or in
the ledger, but their numbers were taken as they stood.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from lockhouse.errors import Tampered
from lockhouse.model.change import Change, Expect
from lockhouse.model.rows import KeyRing, Person
from lockhouse.wiring import opened
from tests.faces.cli.house import EMAIL, Desk

FAR = 2**62
TAMPERED = 7
RECIPIENTS = """
recipients:
  news: {kind: segment, url: "http://127.0.0.1:9", role: internal, for: [fulfilment], fields: [email, order_id]}
"""


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A house that two customers have ordered from; one is to be erased."""
    desk = Desk(tmp_path_factory.mktemp("founded"))
    desk.found()
    draft = desk.house / "policy.yaml"
    draft.write_text(draft.read_text(encoding="utf-8") + RECIPIENTS, encoding="utf-8")
    assert desk.call("policy approve --yes").code == 0
    assert desk.call("channel add shop").code == 0
    for at, email in enumerate((EMAIL, "bert@example.com")):
        desk.send(("Order Completed", {"email": email, "order_id": f"A-{at}", "name": "Anna Schmidt"}))
        desk.clock.now += 1_000
    assert desk.call(f"consent record {desk.person()} marketing denied").code == 0
    assert desk.call(f"request open {desk.person('bert@example.com')}").code == 0
    return desk


@pytest.fixture
def desk(founded: Desk) -> Desk:
    """The same, to be spoilt: put right again at its own place, which its settings name."""
    kept = founded.folder.with_name("kept")
    if not kept.exists():
        shutil.copytree(founded.folder, kept)
    shutil.rmtree(founded.folder)
    shutil.copytree(kept, founded.folder)
    return founded


def _edit(desk: Desk, place: str, value: int | bytes) -> str:
    """Every row of a table gets the value in one column, past the house; the table."""
    table, column = place.split(".")
    for store in ("identity", "record"):
        with closing(sqlite3.connect(desk.house / f"{store}.db")) as file, file:
            if file.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone():
                [key] = file.execute(f"SELECT min(rowid) FROM {table}").fetchone() if table in _APPENDED else [None]  # noqa: S608  # names of our own
                where = "1" if key is None else f"rowid = {key}"
                assert file.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {where}", (value,)).rowcount  # noqa: S608  # as above
    return table


_APPENDED = {"record", "receipt"}


@pytest.mark.parametrize(
    ("place", "value", "line"),
    [
        ("house_secret.generation", FAR, "request list"),
        ("house_secret.generation", -1, "request list"),
        ("house_secret.version", -1, "request list"),
        ("index_key.kek", 0, "request list"),
        ("index_key.kek", -1, "request list"),
        ("index_key.norm", -1, "request list"),
        ("kek.generation", -1, "request list"),
        ("kek.created_at", FAR, "key status"),
        ("kek.state", 9, "key status"),
        ("epoch_key.state", FAR, "key status"),
        ("epoch_key.compartment", -1, "request list"),
        ("epoch_key.epoch", FAR, "retention plan"),
        ("epoch_key.generation", FAR, "request list"),
        ("limbo.version", -1, "request cancel {case}"),
        ("limbo.generation", -1, "request cancel {case}"),
        ("key_ring.version", -1, "person reveal {anna} --reason other"),
        ("receipt.detail", b"\xc1\xc1\xc1", "why {message}"),
        ("receipt.detail", b"\x92\x00\x91\x92\xa1\xff\xa1a", "why {message}"),
        ("receipt.at", FAR, "why {message}"),
        ("record.occurred_at", FAR, "person reveal {anna} --reason other"),
        ("record.occurred_at", -FAR, "person timeline {anna}"),
        ("record.received_at", FAR, "recipient show news"),
        ("record.proof", -1, "person reveal {anna} --reason other"),
        ("record.assurance", 9, "person timeline {anna}"),
        ("record.id", b"\x93\x01", "person reveal {anna} --reason other"),
        ("record.id", b"\x93\x01", "key reseal {anna}"),
        ("record.salt", b"", "person reveal {anna} --reason other"),
        ("outbox.run_at", FAR, "recipient show news"),
        ("consent.purpose", -1, "consent show {anna}"),
        ("credential.generation", -1, "channel show shop"),
    ],
)
def test_what_no_row_of_ours_has_is_named_with_its_table(desk: Desk, place: str, value: int | bytes, line: str) -> None:
    named = {
        "anna": desk.person(),
        "case": desk.call("request list", json=True).value[0]["request"],
        "message": f"m-{desk.clock.now - 2_000}-0",
    }
    table = _edit(desk, place, value)
    seen = desk.call(line.format(**named), json=True)
    assert seen.code == TAMPERED, seen.err
    assert seen.error["message"].startswith(f"{table}: ")
    assert str(FAR) not in seen.err or place.endswith("generation")
    if table not in {"consent", "credential", "key_ring"}:
        assert table in seen.error["hint"]


def test_the_statement_in_the_hint_finds_the_row(desk: Desk) -> None:
    person = desk.person()
    _edit(desk, "record.proof", 7)
    hint = desk.call(f"person reveal {person} --reason other", json=True).error["hint"]
    statement, _ = hint.split(" finds it in record.db")
    with closing(sqlite3.connect(desk.house / "record.db")) as file:
        assert len(file.execute(statement).fetchall()) == 1


def test_an_audit_still_reads_every_record_as_it_stands(desk: Desk) -> None:
    _edit(desk, "record.proof", -1)
    seen = desk.call("ledger verify --records")
    assert seen.code == TAMPERED
    assert seen.out.count("edited-record") == 1


@pytest.mark.parametrize(
    ("column", "line"),
    [
        ("person.region", "person reveal {anna} --reason other"),
        ("name.name", "request list"),
        ("kek.root", "request list"),
        ("policy_version.by", "policy history"),
        ("outbox.reason", "recipient show news"),
        ("receipt.code", "why {message}"),
        ("consent.signal", "consent show {anna}"),
    ],
)
def test_a_text_that_is_none_is_named_with_its_table(desk: Desk, column: str, line: str) -> None:
    named = {"anna": desk.person(), "message": f"m-{desk.clock.now - 2_000}-0"}
    table, column = column.split(".")
    _not_text(desk, table, column)
    seen = desk.call(line.format(**named), json=True)
    assert seen.code == TAMPERED, seen.err
    assert seen.error["message"] == f"{table}: expected text in UTF-8, got other bytes"


async def test_a_writer_that_meets_a_text_that_is_none_goes_on(desk: Desk) -> None:
    """It met one while it judged a Change, ended, and every process of the house with it."""
    _not_text(desk, "person", "region")
    async with opened(desk.house, role="collect", lane="collect-0", clock=desk.clock) as house:
        [person, *_] = [row async for rows in house.house.reads.scan(KeyRing) for row in rows]
        expect = Expect(Person.TABLE, (person.person,), {"version": 1}, or_absent=False, because="person-moved")
        with pytest.raises(Tampered, match="person: expected text in UTF-8"):
            await house.house.commits.commit(Change("identity", expects=(expect,)))
        await house.house.epochs.announce(key=True)


def _not_text(desk: Desk, table: str, column: str) -> None:
    for store in ("identity", "record"):
        with closing(sqlite3.connect(desk.house / f"{store}.db")) as file, file:
            if file.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone():
                assert file.execute(f"UPDATE {table} SET {column} = CAST(x'ff41' AS TEXT)").rowcount  # noqa: S608  # names of our own
