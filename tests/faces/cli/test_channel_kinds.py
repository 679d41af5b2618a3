"""A channel of a kind that this version does not serve: what is told to who brings files in through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.found()
    draft = made.house / "policy.yaml"
    draft.write_text(
        draft.read_text("utf-8").replace("\nchannels:", "\nchannels:\n  tills: {kind: file}\n ", 1), "utf-8"
    )
    return made


def test_a_draft_with_a_channel_of_kind_file_says_what_takes_files(desk: Desk) -> None:
    said = desk.call("policy check").out
    assert "Not served by this build: tills." in said
    assert "`kind: segment`" in said
    assert desk.call("policy check", json=True).value["unserved"] == ["tills"]
    assert "channel tills takes file by nothing that proves it" in desk.call("policy diff").out


def test_an_import_through_it_and_a_key_for_it_say_so_too(desk: Desk) -> None:
    assert desk.call("policy approve --yes").code == 0
    (desk.house / "rows.csv").write_text("event,time,email\n", "utf-8")
    for line in ("import rows.csv --channel tills --dry-run", "channel add tills"):
        seen = desk.call(line)
        assert seen.code == 2
        assert "`kind: segment`" in seen.err, line
