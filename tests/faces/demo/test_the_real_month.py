"""Real shop transactions through the public client: every total is the same on both sides of the lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.demo.runs import figures, is_gone

pytestmark = pytest.mark.xdist_group("demo")
ROOT = Path(__file__).parents[3]


def test_every_total_of_the_raw_data_is_read_back(tmp_path: Path) -> None:
    told, story = figures(tmp_path, "--real", "--limit", "300")
    assert told["raw"] == told["lockhouse"]
    assert told["raw"]["baskets"] == told["raw"]["campaigns"] == told["raw"]["redemptions"] == 300
    assert told["messages"] == told["records"] == told["accepted"] == 900
    assert told["duplicate"] == told["refused"] == 0
    assert told["raw"]["sales"] == told["raw"]["line_sales"] != "0"
    assert told["equal"] is True
    assert "DIFFERENT" not in story
    assert "context.traits.age (undeclared)" in told["dropped"]
    assert is_gone(tmp_path, within_s=1.0)


def test_the_policy_of_the_example_is_the_one_that_rules() -> None:
    shown = ROOT / "examples/complete_journey/policy.yaml"
    assert shown.read_bytes() == (ROOT / "src/lockhouse/faces/demo/real/policy.yaml").read_bytes()
