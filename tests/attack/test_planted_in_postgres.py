"""A database administrator plants a trigger, a rule or a function into a store on PostgreSQL: no writer opens it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from lockhouse.adapters.postgres.writer import PostgresWriter
from lockhouse.errors import Tampered
from tests.ports.server import databases
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from pathlib import Path

_UNDO = (
    "CREATE SCHEMA elsewhere;"
    "CREATE FUNCTION elsewhere.undo() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
)
_YES = (
    "CREATE SCHEMA elsewhere;"
    "CREATE FUNCTION elsewhere.yes(numeric, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
)
PLANTED = {
    "a tombstone that is undone": (
        "identity", "trigger",
        f"{_UNDO} CREATE TRIGGER t BEFORE INSERT ON tombstone EXECUTE FUNCTION elsewhere.undo()",
    ),
    "a function in the house's way": (
        "identity", "function", "CREATE FUNCTION coalesce_(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 0'",
    ),
    "a deletion that does nothing": (
        "identity", "rule", "CREATE RULE keep AS ON DELETE TO key_ring DO INSTEAD NOTHING",
    ),
    "a deadline that is never over": (
        "record", "operator",
        f"{_YES} CREATE OPERATOR public.<= (LEFTARG = numeric, RIGHTARG = bigint, FUNCTION = elsewhere.yes)",
    ),
    "a truth that is a text": ("record", "cast", "CREATE CAST (bytea AS jsonb) WITH INOUT AS IMPLICIT"),
    "a number that is not every": ("record", "type", "CREATE DOMAIN small AS bigint"),
    "rows that nobody sees": ("identity", "policy", "ALTER TABLE suppression ENABLE ROW LEVEL SECURITY"),
    "rows of a child": ("record", "policy", "CREATE TABLE more () INHERITS (ledger_entry)"),
    "rows that are refused": ("record", "constraint", "ALTER TABLE receipt ADD CHECK (channel <> 7)"),
    "rows that no crash outlives": ("record", "relation", "ALTER TABLE deletion SET UNLOGGED"),
    "a view": ("record", "relation", "CREATE VIEW mine AS SELECT * FROM record"),
    "a table": ("record", "column", "CREATE TABLE stash AS SELECT * FROM record"),
    "an index": ("record", "index", "CREATE INDEX mine ON record (person) WHERE person = ''"),
    "an index less": ("record", "index", "DROP INDEX intent_state"),
    "a column's default": ("record", "column", "ALTER TABLE job ALTER fault SET DEFAULT 'x'"),
}  # fmt: skip


async def _plant(address: str, sql: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.mark.parametrize(("store", "kind", "sql"), PLANTED.values(), ids=PLANTED.keys())
def test_a_database_in_which_something_was_planted_is_not_opened_and_its_text_is_not_told(
    tmp_path: Path, store: str, kind: str, sql: str
) -> None:
    places = databases(tmp_path)
    PostgresWriter(places, make_parts()).close()
    asyncio.run(_plant(places.identity if store == "identity" else places.record, sql))
    with pytest.raises(Tampered) as refused:
        PostgresWriter(places, make_parts())
    assert refused.value.text == f"{store} store: expected the schema that this release makes, got another {kind}"
    assert sql not in str(refused.value)
