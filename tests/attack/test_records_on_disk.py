"""A database administrator edits record rows by SQL in a house that has lived: `ledger verify --records` names each."""

from __future__ import annotations

import pytest

from tests.attack.lived_house import Lived

HOW = "--records --state"
NEW = "id, person, channel, event, occurred_at, received_at, assurance, proof, policy, salt, clear, boxes"
INVENTED = f"INSERT INTO record ({NEW}) SELECT {NEW.replace('id', 'randomblob(16)', 1)} FROM record LIMIT 1"  # noqa: S608  # its own columns
EDITS = {
    "a clear column": ("record", "UPDATE record SET occurred_at = occurred_at + 1", "edited-record"),
    "a record given to another person": (
        "record", "UPDATE record SET person = (SELECT max(person) FROM record)", "edited-record",
    ),
    "a box": (
        "record", "UPDATE record SET boxes = CAST(substr(boxes, 1, length(boxes) - 1) || x'00' AS BLOB)",
        "edited-record",
    ),
    "a salt": ("record", "UPDATE record SET salt = zeroblob(16)", "edited-record"),
    "a row taken away": ("record", "DELETE FROM record WHERE id = (SELECT max(id) FROM record)", "missing-record"),
    "a row invented": ("record", INVENTED, "unknown-record"),
    "a leaf beside an intake": ("intake", "UPDATE intake SET leaves = zeroblob(length(leaves))", "changed-leaves"),
    "the list of an intake taken away": (
        "intake", "DELETE FROM intake WHERE entry = (SELECT max(entry) FROM intake)", "changed-leaves",
    ),
    "what was deleted": ("deletion", "UPDATE deletion SET record = randomblob(16)", "unfounded-deletion"),
    "that it was deleted": ("deletion", "DELETE FROM deletion", "changed-leaves"),
    "whom a look showed": ("note", "UPDATE note SET ref = randomblob(16)", "changed-notes"),
}  # fmt: skip


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return Lived(tmp_path_factory.mktemp("lived"))


@pytest.mark.parametrize(("table", "statement", "kind"), EDITS.values(), ids=EDITS.keys())
def test_a_planted_change_is_named_and_gone_with_it(lived: Lived, table: str, statement: str, kind: str) -> None:
    with lived.edited(table, statement):
        assert kind in {one.kind for one in lived.findings(HOW)}
    assert lived.findings(HOW) == []


def test_the_row_of_who_was_erased_put_back_is_named(lived: Lived) -> None:
    """And the one that was sealed again since, put back with its boxes from before."""
    with lived.put_back("record", since="shut"):
        assert {one.kind for one in lived.findings(HOW)} == {"edited-record", "not-deleted"}
