"""With `--json` a script reads JSON and nothing else, in the words that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    return desk


@pytest.mark.parametrize("talks", [False, True], ids=["a script", "a person"])
def test_a_script_that_approves_without_yes_is_refused_in_json_and_asked_nothing(desk: Desk, *, talks: bool) -> None:
    with (desk.house / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write("\nfields:\n  shoe_size: {type: integer, class: profile, for: [fulfilment]}\n")
    seen = desk.call("policy approve", typed="v2\n", talks=talks, json=True)
    assert (seen.code, seen.out, seen.error["code"]) == (2, "", "invalid")
    assert "--yes" in seen.error["hint"]
    assert len(desk.call("policy history", json=True).value) == 1
    done = desk.call("policy approve --yes", json=True)
    assert (done.code, done.err, done.value["version"]) == (0, "", 2)


def test_a_script_that_would_destroy_or_found_without_yes_is_asked_nothing(desk: Desk) -> None:
    case = desk.call(f"request open {desk.person()}", json=True).value["request"]
    for line in (f"request fulfil {case} --now", f"init {desk.folder / 'other'}"):
        seen = desk.call(line, typed="1\n", talks=True, json=True)
        assert (seen.code, seen.out, seen.error["code"]) == (2, "", "invalid")
    assert desk.call(f"request show {case}", json=True).value["step"] == "shut"
    assert not (desk.folder / "other").exists()
