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


def _bare(value: object, *, where: str = "") -> list[str]:
    """Where a state, a proof or an assurance stands as a number; what was signed in the ledger stands as it was."""
    if isinstance(value, list):
        return [place for at, one in enumerate(value) for place in _bare(one, where=f"{where}/{at}")]
    if not isinstance(value, dict):
        return []
    found = [f"{where}/{name}" for name in ("state", "proof", "assurance") if isinstance(value.get(name), int)]
    return found + [
        place for name, one in value.items() if name != "body" for place in _bare(one, where=f"{where}/{name}")
    ]


def test_no_answer_has_a_number_where_people_read_a_word(desk: Desk) -> None:
    person = desk.person()
    desk.send(("Order Completed", {"email": "bo@x.example", "order_id": "A-2"}))
    other = desk.person("bo@x.example")
    for line in (f"person link {person} {other}", f"consent record {person} marketing granted", "channel add shop"):
        assert desk.call(line).code == 0
    for line in (
        f"person show {person}", f"person reveal {person} --as support", f"person timeline {person}", "ledger log",
        f"consent show {person}", "channel list", "channel show shop", "channel drops shop", "channel observed shop",
        "key status",
        "retention plan", "retention idle", "retention end-idle --yes", "doctor",
    ):  # fmt: skip
        seen = desk.call(line, json=True)
        assert (seen.err, _bare(seen.value)) == ("", []), line
    view = desk.call(f"person show {person} --as support", json=True).value
    assert (view["state"], view["fields"]["email"]["proof"], view["links"][0]["proof"]) == ([], "claimed", "issued")
    [record, *_] = desk.call(f"person timeline {person}", json=True).value["timeline"]
    assert (record["proof"], record["assurance"], record["fields"]["email"]["proof"]) == (
        "claimed",
        "secret",
        "claimed",
    )
    [found] = desk.call("person find order_id -", typed="A-1\n", json=True).value["persons"]
    assert (found["state"], found["fields"]["email"]["proof"]) == ([], "claimed")


def test_what_a_person_said_is_told_to_a_script_as_it_is_to_people(desk: Desk) -> None:
    person = desk.person()
    made = desk.call(f"consent record {person} marketing granted", json=True).value
    [said] = desk.call(f"consent show {person}", json=True).value
    assert (said["word"], said["assurance"], said["purpose"]) == (made["word"], "secret", made["purpose"])
    assert "granted" not in said
    [entry] = desk.call("ledger log --kind consent", json=True).value
    assert (entry["told"]["state"], entry["told"]["assurance"], entry["told"]["purpose"]) == (
        "granted", "secret", "marketing",
    )  # fmt: skip
    assert (entry["body"]["state"], entry["body"]["assurance"]) == (1, 2)
    assert "assurance=secret" in desk.call("ledger log --kind consent").out


def test_what_was_vouched_for_has_the_same_names_when_it_is_recorded_listed_and_ended(desk: Desk) -> None:
    grant = desk.call("grant record os-user:1000 quota 200 --until 2027-06-30", json=True).value
    assert [grant] == desk.call("grant recorded", json=True).value
    assert (grant["fact"], grant["value"], grant["state"]) == ("quota", "200", "in force")
    ended = desk.call("grant withdraw os-user:1000 quota 200", json=True).value
    assert ended == grant | {"state": "ended", "until": ended["until"]}
    course = desk.call("training record os-user:1000 phishing --until 2027-06-30", json=True).value
    assert [course] == desk.call("training show", json=True).value
    assert (course["course"], course["state"]) == ("phishing", "in force")


def test_a_month_has_the_same_name_in_the_plan_and_where_it_ended(desk: Desk) -> None:
    months = desk.call("retention plan", json=True).value
    assert {one["state"] for one in months} == {"ahead", "kept"}
    desk.clock.now += 3 * 365 * 86_400_000
    assert desk.call("accept clock --yes").code == 0
    ended = desk.call("retention apply --now --yes", json=True).value
    assert {one["epoch"] for one in ended} <= {one["epoch"] for one in months}
