"""A house on disk that has lived: every kind of row that gives authority was made in it, and changed where it can be.

Somebody was erased and swept, a part of somebody else was, a part of a third was called off, a fourth was sealed again.

What was true once is kept as it stood, to be put back by SQL; and each edit by SQL is undone behind its test.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lockhouse.flows.sweep import sweep
from lockhouse.gates.asked import find_asked, settle, take_in
from lockhouse.model.event import Demand
from lockhouse.wiring import jobs, opened
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

ANNA, BERT, CORA, DORA = (f"{name}@customers.example" for name in ("anna", "bert", "cora", "dora"))
WHO = "os-user:1000"
RECIPIENT = """
recipients:
  tool:
    kind: segment
    url: https://collector.example
    role: internal
    for: [analytics]
    fields: [order_total]
"""
Rows = dict[str, list[tuple[Any, ...]]]


class Finding(NamedTuple):
    """What `ledger verify` says of one place."""

    kind: str
    where: str


class Lived:
    """The house, and tables of it as they stood at earlier times."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        self.then: dict[str, Rows] = {}
        self._live()

    def _live(self) -> None:
        desk = self.desk
        desk.found()
        orders = [("Order Completed", {"email": email, "order_id": email[0]}) for email in (ANNA, BERT, CORA, DORA)]
        assert {reply.outcome for reply in desk.send(*orders)} <= {"stored", "trimmed"}
        anna, bert, cora = (desk.person(email) for email in (ANNA, BERT, CORA))
        for whose in (anna, cora):
            self._call(f"consent record {whose} marketing granted")
        self._call("suppression add email -", typed=f"{DORA}\n")
        self._call("suppression add email - --purpose marketing", typed=f"{BERT}\n")
        self._call(f"grant record {WHO} network 10.0.0.0/8 --until 2027-06-30")
        self._call(f"person link {anna} {bert}")
        self._call(f"person link {anna} {desk.person(DORA)}")
        key = desk.call("channel add shop", json=True).value["key"]
        old, ended = (desk.call(f"token create {name}", json=True).value["id"] for name in ("siem", "till"))
        self.keep("early")
        desk.clock.now += 3_600_000
        self._call(f"consent record {anna} marketing denied")
        self._call("suppression remove email - --reason typo", typed=f"{BERT}\n")
        self._call(f"grant withdraw {WHO} network 10.0.0.0/8")
        self._part_and_put_right(anna, bert)
        asyncio.run(self._ask())
        self._call(["channel", "revoke", "shop", key, "--yes"])
        for line in ("channel add shop", f"token rotate {old}", "channel pause shop", f"token revoke {ended} --yes"):
            self._call(line)
        with (desk.house / "policy.yaml").open("a", encoding="utf-8") as draft:
            draft.write(RECIPIENT)
        self._call("policy approve --yes")
        case = desk.call(f"request open {cora}", json=True).value["request"]
        part = ["request", "open", anna, "--compartment", self._compartment(anna)]
        called_off = desk.call(part, json=True).value
        self.keep("shut")
        self._call(f"request fulfil {case} --now --yes")
        self._call(f"request cancel {called_off['request']}")
        part[2] = desk.person(DORA)
        ended = desk.call(part, json=True).value["request"]
        self._call(f"request fulfil {ended} --now --yes")
        self._call(f"key reseal {bert}")
        assert asyncio.run(self._sweep()) == 1
        self.keep("now")

    async def _ask(self) -> None:
        """A provider passes on two requests; one of them is settled."""
        async with opened(self.desk.house, role="work", clock=self.desk.clock) as house:
            for own in (b"a" * 16, b"b" * 16):
                wanted = Demand(what="erasure", identifiers=())
                assert await take_in(house.house, own, wanted, channel=1, persons=[bytes(16)], by="service:collect")
            row = await find_asked(house.house, b"b" * 16)
            await settle(house.house, row, reason="done", by=WHO)

    async def _sweep(self) -> int:
        """The rows of who was erased go; how many did."""
        async with opened(self.desk.house, role="work", clock=self.desk.clock) as house:
            return (await sweep(house.house, jobs, owner=bytes(16))).records

    def _part_and_put_right(self, other: str, person: str) -> None:
        self._call(f"person unlink {other} {person}")
        self._call(f"person change {person} name -", typed="Bert Braun\n")
        self._call(f"person change {person} name --undo")
        self._call(f"person change {person} name -", typed="Bert Brown\n")

    def _call(self, line: str | list[str], *, typed: str = "") -> None:
        seen = self.desk.call(line, typed=typed)
        assert seen.code == 0, (line, seen.err)

    def _compartment(self, person: str) -> str:
        names = self.desk.call(f"request open {person} --compartment nope").err
        return names[names.index("contact|") :].split(",")[0].split("'")[0].strip()

    def keep(self, name: str) -> None:
        """Remember how both stores' tables stand."""
        self.then[name] = {}
        for store in ("identity", "record"):
            with closing(sqlite3.connect(self.desk.house / f"{store}.db")) as db:
                tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
                self.then[name] |= {one: db.execute(f"SELECT * FROM {one}").fetchall() for one in tables}  # noqa: S608  # its own tables

    @contextmanager
    def edited(self, table: str, statement: str, rows: list[tuple[Any, ...]] | None = None) -> Iterator[None]:
        """An administrator has run a statement on a table, once or for each of the rows; behind it all is as before."""
        with self._opened(table) as db:
            before = db.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  # its own tables
            changed = db.executemany(statement, rows or [()]).rowcount
            db.commit()
        assert changed > 0, "the statement met no row"
        try:
            yield
        finally:
            with self._opened(table) as db:
                db.execute(f"DELETE FROM {table}")  # noqa: S608  # as above
                if before:
                    db.executemany(f"INSERT INTO {table} VALUES ({_marks(before)})", before)  # noqa: S608  # as above
                db.commit()

    @contextmanager
    def put_back(self, table: str, *, since: str) -> Iterator[None]:
        """An administrator has put back the rows of a table that are not as they were; whole rows, as they were."""
        old = [row for row in self.then[since][table] if row not in self.then["now"][table]]
        assert old, "nothing of it changed since"
        with self.edited(table, f"REPLACE INTO {table} VALUES ({_marks(old)})", old):  # noqa: S608  # as above
            yield

    @contextmanager
    def _opened(self, table: str) -> Iterator[sqlite3.Connection]:
        for store in ("identity", "record"):
            with closing(sqlite3.connect(self.desk.house / f"{store}.db")) as db:
                if db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone():
                    yield db
                    return
        raise AssertionError(table)

    def findings(self, how: str = "--state") -> list[Finding]:
        """What `ledger verify` finds, the exit code says the same."""
        seen = self.desk.call(f"ledger verify {how}", json=True)
        assert (seen.code == 0) == seen.value["clean"] == (not seen.value["findings"])
        return [Finding(one["kind"], one["where"]) for one in seen.value["findings"]]


def _marks(rows: list[tuple[Any, ...]]) -> str:
    return ", ".join("?" * len(rows[0]))
