"""Rows that give authority carry a MAC and name their ledger entry, and nobody believes one that was not checked."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import get_type_hints

import pytest

from lockhouse.model.rows import Row, tables

SOURCE = Path(__file__).parents[2] / "src/lockhouse"
ROOMS = ("gates", "flows", "faces", "wiring.py")
AUTHORITY = {row.__name__: row for row in tables().values() if row.AUTHORITY}
CHECKS = frozenset({"checked", "checked_case"})
READS = frozenset({"get", "find", "scan"})
UNCHECKED = {
    "faces/cli/commands/doctor.py:_destroyed": "holds the journal against them; a planted one is a finding",
    "faces/demo/erase.py:read_back": "is the thief, who believes what lies there",
    "flows/backup.py:_stones": "counts rows and shows none",
    "flows/spoken.py:_speakers": "asks who has any; `_words` checks each",
    "flows/sweep.py:_sweep_corrections": "deletes them behind their person, whatever they say",
    "flows/tell.py:tell_untold": "hands them to `_tell_chunk`, which checks one by one",
    "gates/cases.py:require_unmoved": "compares one with the case as it was read, which was checked",
    "gates/disclose/about.py:_any": "asks whether there is any; `_owners` checks each that it reads",
    "gates/ending/orphans.py:known_of": "asks whether there is any, and then ends nobody",
    "gates/ending/steps.py:_leftovers": "deletes them with their person, whatever they say",
    "gates/key_counts.py:key_counts": "counts rows and shows none",
    "gates/kept_back.py:_apart": "checks one by one, since one that does not verify is told and stops nobody",
    "gates/state/batches.py:read": "compares them with the rows as they are read again, whose MACs fit",
    "gates/state/kept.py:hold_kept": "compares it with the row as it was read, whose MAC fits",
    "gates/told.py:_unmoved": "compares them with rows that were checked",
}
"""Functions that read such a row and do not check it, each with the reason why they may."""


@pytest.mark.parametrize("row", AUTHORITY.values(), ids=AUTHORITY.keys())
def test_a_row_that_gives_authority_names_its_entry_and_ends_in_its_mac(row: type[Row]) -> None:
    fields = row.__struct_fields__
    assert fields[-2:] == ("entry", "mac")
    hints = get_type_hints(row)
    assert (hints["entry"], hints["mac"]) == (bytes, bytes)


def test_no_other_row_pretends_to() -> None:
    both = {name for name, row in tables().items() if {"entry", "mac"} <= set(row.__struct_fields__)}
    assert both == {row.TABLE for row in AUTHORITY.values()}


def _functions() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    files = [file for room in ROOMS for file in ((SOURCE / room).rglob("*.py") if "." not in room else [SOURCE / room])]
    return [
        (f"{file.relative_to(SOURCE)}:{node.name}", node)
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _read_in(function: ast.AST) -> set[str]:
    """Authority rows that the function reads from a store."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return {
        call.args[0].id
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in READS
        if call.args and isinstance(call.args[0], ast.Name) and call.args[0].id in AUTHORITY
    }


def _checks(function: ast.AST) -> bool:
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return any(isinstance(one, ast.Name) and one.id in CHECKS for one in calls)


def test_whoever_reads_a_row_that_gives_authority_checks_it() -> None:
    readers = [(place, node) for place, node in _functions() if _read_in(node)]
    assert {place for place, node in readers if not _checks(node)} == set(UNCHECKED)


def test_every_kind_of_them_is_read_and_checked_somewhere() -> None:
    read = set().union(*(_read_in(node) for _, node in _functions() if _checks(node)))
    assert read == set(AUTHORITY)
