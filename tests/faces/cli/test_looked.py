"""Who looked at a person, as the command line tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path


def test_who_looked_is_told_a_page_at_a_time_and_asking_is_a_look_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    desk.clock.now += 60_000
    assert desk.call(f"person reveal {person} --as support --reason 'call back: T-17'").code == 0
    desk.clock.now += 60_000
    seen = desk.call(f"person looked {person} --limit 2")
    assert "reveal" in seen.out
    assert "call-back: T-17" in seen.out
    assert EMAIL not in seen.out
    [_, *rest] = seen.out.partition("More: ")[2].split()
    assert rest[:2] == ["person", "looked"]
    older = desk.call(" ".join(["person", "looked", person, "--limit", "2", *rest[3:]]), json=True).value
    assert older["looks"]
    assert "reveal" not in [one["action"] for one in older["looks"]]
    desk.clock.now += 60_000
    newest = desk.call(f"person looked {person} --limit 1", json=True).value
    assert newest["more"] is True
    assert newest["looks"][0]["action"] == "show"
    assert desk.call(f"person looked {person} --limit 0").code == 2
