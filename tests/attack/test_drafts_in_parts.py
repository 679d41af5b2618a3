"""A draft whose names or texts hold the line by which an approval parts its files: what is compared is what rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid
from lockhouse.faces.policy_text import approved, source_of
from lockhouse.gates.live import versions
from lockhouse.policy.document import render
from tests.faces.api.world import RETAIL, ApiWorld

if TYPE_CHECKING:
    from pathlib import Path

SHORT = RETAIL.lstrip()
WIDER = "roles:\n  clerk: {see: {contact: full}, for: [fulfilment]}\n"
HIDDEN = {"a.yaml": f"{WIDER}\n# file: a.yaml\n{SHORT}"}
DRAFTS = [
    ({"a.yaml\nx: y": SHORT}, True),
    (HIDDEN, True),
    ({"p": f"# file: p\n{WIDER}# file: p\n{SHORT}"}, False),
]


@pytest.mark.parametrize(("files", "folder"), DRAFTS)
async def test_a_draft_that_would_be_read_otherwise_later_is_not_proposed(
    tmp_path: Path, files: dict[str, str], *, folder: bool
) -> None:
    api = await ApiWorld.make(tmp_path)
    before = len(await versions(api.world.house))
    for route in ("diff", "propose"):
        answer = await api.call("POST", f"/policy/{route}", role="admin", json={"files": files, "folder": folder})
        assert (answer.status_code, answer.json()["code"]) == (422, "LH-4010")
    assert len(await versions(api.world.house)) == before


async def test_what_was_proposed_is_what_its_approver_reads(tmp_path: Path) -> None:
    api = await ApiWorld.make(tmp_path)
    files = {"a.yaml": SHORT, "b.yaml": WIDER}
    answer = await api.call("POST", "/policy/propose", role="admin", json={"files": files, "folder": True})
    assert answer.status_code == 200, answer.text
    row = (await versions(api.world.house))[-1]
    assert render(approved(row.document, said="x")) == render(approved(source_of(files, folder=True), said="x"))


def test_a_version_in_which_a_file_stands_twice_is_read_by_nobody() -> None:
    with pytest.raises(Invalid, match="twice"):
        approved(source_of(HIDDEN, folder=True), said="v1")
