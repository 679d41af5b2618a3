"""Whatever goes wrong leaves as lines without a traceback and without what was typed; every answer is also JSON."""

from __future__ import annotations

import errno
import io
import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import (
    Conflict,
    Erased,
    Expired,
    Invalid,
    LockhouseError,
    NotFound,
    Refused,
    Tampered,
    Unavailable,
    Unproven,
)
from lockhouse.faces.cli.app import TREE, run, tree
from lockhouse.faces.cli.edge import tell, tell_incident
from lockhouse.faces.cli.layout import clean, json_text, plain, table
from lockhouse.faces.cli.terminal import Terminal
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.model.ids import DAY_MS
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary.bert@customers.example"
READING = [
    "version", "doctor", "migrate --check", "policy check", "policy show", "policy show --full", "policy diff",
    "policy history", "policy explain support email fulfilment", "policy approve --yes", "channel list",
    "channel show shop", "channel drops shop", "channel observed shop", "channel add shop", "recipient list",
    "suppression list", "proposal list",
    "training show", "retention plan", "retention apply --yes", "retention idle",
    "retention end-idle --yes", "request list", "ledger log", "ledger verify --records",
    "ledger checkpoint", "key status", "completion bash", "completion zsh", "completion fish",
    "init ../another --yes --demo",
]  # fmt: skip
WRONG = [
    "{canary}", "person {canary}", "person find {canary}", "person find email {canary}", "person show {canary}",
    "person show 1 {canary}", "person reveal --as {canary} 00", "person timeline 00 --limit {canary}",
    "policy explain {canary} email fulfilment", "policy explain support {canary} fulfilment",
    "policy explain support email {canary}", "policy explain support email marketing --consent {canary}",
    "policy explain support email marketing --consent {canary}=granted",
    "policy explain support email marketing --region {canary}",
    "channel add {canary}", "channel show {canary}", "channel observed {canary}", "recipient show {canary}",
    "consent record {canary} marketing denied",
    "consent show {canary}", "suppression add email {canary}", "suppression add {canary} -", "request open {canary}",
    "request show {canary}", "request fulfil {canary}", "training record {canary} privacy-basics --until 2030-01-01",
    "training record os-user:1 {canary} --until 2030-01-01", "training record os-user:1 phishing --until {canary}",
    "ledger log --kind {canary}", "ledger log --since {canary}", "ledger prove {canary}", "ledger verify {canary}",
    "why {canary}", "serve --only {canary}", "backup restore {canary} --to x", "policy check {canary}", "--{canary}",
    "tail --{canary}", "init . --region {canary} --yes", "init other --system a:{canary} --yes",
    "-C {canary} policy show",
]  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1", "unknown": CANARY}))
    return desk


@pytest.mark.parametrize("line", READING)
def test_every_answer_is_one_json_value(desk: Desk, line: str) -> None:
    seen = desk.call(line, json=True)
    assert seen.code in {0, 1}
    assert seen.value is not None
    assert seen.out.count("\n") == 1


@pytest.mark.parametrize("verb", ["show", "timeline", "looked", "explain"])
def test_a_look_is_one_json_value(desk: Desk, verb: str) -> None:
    more = " email" if verb == "explain" else ""
    assert isinstance(desk.call(f"person {verb} {desk.person()}{more}", json=True).value, dict)


@pytest.mark.parametrize("line", WRONG)
def test_no_error_repeats_what_was_typed(desk: Desk, line: str) -> None:
    for as_json in (False, True):
        seen = desk.call(line.format(canary=CANARY), typed=CANARY, json=as_json)
        assert seen.code in {2, 3, 5, 9}, seen
        assert CANARY not in seen.out + seen.err
        assert "Traceback" not in seen.err
    assert {"code", "message", "hint", "problems"} == set(seen.error)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Invalid("place", "x"), 2), (Refused("no"), 3), (Unproven("who"), 4), (NotFound("none"), 5),
        (Conflict("moved"), 6), (Tampered("bytes"), 7), (Erased("gone"), 8), (Expired("gone"), 8),
        (Unavailable("away"), 9),
    ],
)  # fmt: skip
def test_each_class_of_error_has_its_exit_code(error: LockhouseError, code: int) -> None:
    err = io.StringIO()
    assert tell(Terminal(stderr=err, talks=False), error, as_json=False) == code
    assert err.getvalue().startswith(f"lockhouse: error[{error.code}]: ")


@pytest.mark.parametrize("region", ["xx", "germany", "d", "xx-ca", "us_ca", "uk", ""])
def test_a_region_that_is_none_is_refused_and_those_with_rules_of_their_own_are_named(desk: Desk, region: str) -> None:
    seen = desk.call(["policy", "explain", "support", "email", "marketing", "--region", region])
    assert seen.code == 2
    assert "--region: expected eu, a country as two letters of ISO 3166-1 (de) or a part of one (us-ca)" in seen.err
    assert "us" in seen.err.partition("hint: ")[2]


@pytest.mark.parametrize("region", ["de", "DE", "jp", "us", "us-ca", "US-CA", "eu", "gb"])
def test_a_region_without_a_rule_of_its_own_is_one_all_the_same(desk: Desk, region: str) -> None:
    told = desk.call(f"policy explain support email marketing --region {region}")
    assert told.code == 0
    basis = "opt_out" if region.lower().startswith("us") else "consent"
    assert f"In region {region.lower()}, marketing rests on" in told.out
    assert f"({basis})" in told.out


def test_a_word_on_a_purpose_that_the_policy_does_not_name_is_refused_with_those_it_names(desk: Desk) -> None:
    seen = desk.call("policy explain support email marketing --consent marketng=denied")
    assert seen.code == 2
    for purpose in ("accounting", "analytics", "fulfilment", "marketing"):
        assert purpose in seen.err
    for word in ("marketing=denied", "fulfilment=denied"):
        assert desk.call(f"policy explain support email fulfilment --consent {word}").code == 0


@pytest.mark.asvs("16.5.1")
def test_a_fault_of_our_own_tells_its_number_type_and_place_and_not_its_text() -> None:
    err = io.StringIO()
    with pytest.raises(ValueError, match="Expecting") as raised:
        json.loads(CANARY)
    assert tell_incident(Terminal(stderr=err, talks=False), raised.value, as_json=False) == 70
    assert "JSONDecodeError at " in err.getvalue()
    assert CANARY not in err.getvalue()


@pytest.mark.parametrize("words", ["init ../plain/other --yes", "backup create ../plain/copy"])
def test_a_place_that_cannot_be_used_is_no_fault_of_ours(tmp_path: Path, words: str) -> None:
    desk = Desk(tmp_path)
    desk.found()
    (desk.house.parent / "plain").write_text("a file", "utf-8")
    error = desk.call(words, json=True).error
    assert error["code"] == "invalid"
    assert "plain" in error["message"]
    assert "expected a file or folder that this user may use, got 'not a directory'" in error["message"]


def test_a_file_that_the_system_refuses_is_named_unless_it_looks_like_a_persons_value() -> None:
    for path, said in (("/srv/house/identity.db", "/srv/house/identity.db"), (CANARY, "the path that was typed")):
        err = io.StringIO()
        refused = PermissionError(errno.EACCES, "Permission denied", path)
        assert tell_incident(Terminal(stderr=err, talks=False), refused, as_json=False) == OUTCOMES[Invalid].exit_code
        assert f"{said}: expected a file or folder that this user may use, got 'permission denied'" in err.getvalue()
        assert "act as the user who owns it" in err.getvalue()
    full = OSError(errno.ENOSPC, "No space left on device", "/srv/house/record.db")
    assert (
        tell_incident(Terminal(stderr=io.StringIO(), talks=False), full, as_json=False)
        == OUTCOMES[Unavailable].exit_code
    )
    assert tell_incident(Terminal(stderr=io.StringIO(), talks=False), OSError("none"), as_json=False) == 70


def test_a_draft_that_differs_from_what_rules_is_said_and_not_loaded(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    draft = desk.house / "policy.yaml"
    more = draft.read_text("utf-8") + "\nfields:\n  shoe_size: {type: integer, class: profile, for: [fulfilment]}\n"
    draft.write_text(more, "utf-8")
    assert "differs from live v1" in desk.call("policy show").err
    assert [one["state"] for one in desk.call("doctor", json=True).value["results"] if one["check"] == "draft"] == [
        "MANUAL"
    ]
    assert desk.call("policy explain support shoe_size fulfilment").code == 5
    assert "shoe_size" in desk.call("policy diff").out
    assert desk.call("policy approve").code == 2
    assert desk.call("policy approve", typed="v3\n", talks=True).code == 2
    assert desk.call("policy approve", typed="v2\n", talks=True).code == 0
    assert desk.call("policy explain support shoe_size fulfilment").code == 0
    assert [one["state"] for one in desk.call("policy history", json=True).value] == ["former", "live"]


def test_the_house_is_found_upwards_and_named_by_option_before_environment(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    below = desk.house / "a" / "b"
    below.mkdir(parents=True)
    assert desk.call(f"-C {below} policy history").code == 5
    desk.environment["LOCKHOUSE_HOUSE"] = str(tmp_path / "nowhere")
    assert desk.call("policy history").code == 5
    assert desk.call(f"policy history -C {desk.house}").code == 0
    desk.environment.clear()
    desk.house = below
    assert desk.call("policy history").code == 0


def test_the_one_who_acts_is_the_operating_systems_user(desk: Desk) -> None:
    desk.person()
    [newest, *_] = desk.call("ledger log --kind disclosure", json=True).value
    assert newest["body"]["actor"] == f"os-user:{os.getuid()}"
    assert newest["body"]["role"] == "support"


@pytest.mark.parametrize("name", [name for name, _, _, _ in TREE])
def test_every_command_helps(name: str, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.call(f"{name} --help").code == 0
    shown = capsys.readouterr().out
    assert "Usage: " in shown
    assert "--json" in shown
    assert tree(name)[name].help


@pytest.mark.parametrize(
    ("value", "said"), [({"b", "a"}, ["a", "b"]), (b"\x01", "01"), ({"k": (1, b"")}, {"k": [1, ""]})]
)
def test_values_become_what_json_can_say(value: Any, said: Any) -> None:
    assert plain(value) == said


@pytest.mark.asvs("16.4.1")
def test_what_a_sender_chose_cannot_move_the_cursor() -> None:
    assert "\x1b" not in clean("\x1b[2Jhidden\r\n")
    assert "\x1b" not in table(("head",), [("\x1b[31mred",)])


def test_json_says_what_cannot_be_printed_in_escapes_that_mean_the_same() -> None:
    value = {"name": "Zo\u00eb \x9b31m\u202eevil\u2066\U000e0001 \u00a0end", "n": 1}
    text = json_text(value)
    assert text.isprintable()
    assert "Zo\u00eb" in text
    assert json.loads(text) == value


@pytest.mark.parametrize("raw", [b"", b"\n", b"\xff\xfe\n"])
def test_a_line_that_is_none_is_refused_and_not_looked_up(desk: Desk, raw: bytes) -> None:
    err = io.StringIO()
    terminal = Terminal(stdin=io.TextIOWrapper(io.BytesIO(raw), "utf-8"), stderr=err, talks=False)
    words = ["person", "find", "email", "-"]
    assert run(words, terminal=terminal, environment={}, cwd=desk.house, clock=desk.clock) == 2
    assert "one line" in err.getvalue()


def test_a_prompt_that_is_closed_is_no_incident(desk: Desk) -> None:
    def closed(_question: str) -> str:
        raise EOFError

    err = io.StringIO()
    terminal = Terminal(stderr=err, talks=True, ask_hidden=closed)
    assert run(["person", "find", "email"], terminal=terminal, environment={}, cwd=desk.house, clock=desk.clock) == 2
    assert "incident" not in err.getvalue()


def test_counts_of_few_people_are_withheld_and_the_look_is_noted(desk: Desk) -> None:
    desk.person()
    told = desk.call("insight report")
    assert told.code == 0
    assert "withheld" in told.out
    [newest, *_] = desk.call("ledger log --kind disclosure", json=True).value
    assert (newest["body"]["action"], newest["body"]["count"]) == ("count", 0)


@pytest.mark.parametrize("verb", ["show", "reveal", "timeline", "looked", "explain"])
def test_a_role_that_sees_nobody_is_told_which_roles_do_and_they_do(desk: Desk, verb: str) -> None:
    line = f"person {verb} {desk.person()}" + (" email" if verb == "explain" else "")
    error = desk.call(f"{line} --as auditor", json=True).error
    assert error["message"] == "person: expected a role that sees persons, got auditor"
    told = re.findall(r"--as (\w+) for (\w+)", error["hint"])
    assert told == [("support", "fulfilment"), ("privacy_officer", "requests")], "in the order of the policy"
    for role, purpose in told:
        assert desk.call(f"{line} --as {role} --for {purpose}").code == 0
    [newest, *_] = desk.call("ledger log --kind refusal", json=True).value
    assert newest["body"]["role"] == "auditor"


def test_a_role_is_told_that_it_sees_nobody_for_this_purpose(desk: Desk) -> None:
    line = f"person show {desk.person()} --as support"
    assert "The role support sees nothing of single persons for marketing. These do: " in (
        desk.call(f"{line} --for marketing").err
    )
    found, unknown = (
        desk.call("person find email - --as analyst", typed=f"{email}\n") for email in (EMAIL, "nobody@example.com")
    )
    assert found.code == unknown.code == OUTCOMES[Refused].exit_code, "who sees nobody does not learn who is known"
    assert "sees nothing" in found.err
    assert re.sub(r"[0-9a-f]{32}", "ID", found.err) == re.sub(r"[0-9a-f]{32}", "ID", unknown.err)
    assert "These do: --as support" in desk.call("person find email - --for analytics", typed=f"{EMAIL}\n").err


def test_a_role_that_may_not_is_told_how_it_may_be_done(desk: Desk) -> None:
    seen = desk.call("channel add shop --as support")
    assert (seen.code, "hint: without --as it is done as admin" in seen.err) == (OUTCOMES[Refused].exit_code, True)
    assert desk.call("channel add shop").code == 0


def test_two_source_persons_are_linked_and_unlinked_by_hand(desk: Desk) -> None:
    desk.send(("identify", {"email": "ben@example.org"}))
    one, other = desk.person(), desk.person("ben@example.org")
    assert "unlink" not in desk.call(f"person show {one}").out
    assert desk.call(f"person link {one} {other}").code == 0
    for verb in ("show", "reveal"):
        told = desk.call(f"person {verb} {other}").out
        [undo] = re.findall(
            "^Joined since 2026-11-23, believed as issued: lockhouse ledger log --kind link tells by whom, "
            "lockhouse (person unlink .*) undoes it$", told, re.MULTILINE,
        )  # fmt: skip
        [link] = desk.call(f"person {verb} {one}", json=True).value["links"]
        assert undo.split()[2:] == [link["one"], link["other"]]
        assert {link["one"], link["other"]} == {one, other}
    assert desk.call(undo).out.startswith("1 link undone")
    assert desk.call(undo).code == OUTCOMES[NotFound].exit_code
    assert desk.call(f"person show {one}", json=True).value["links"] == []


def test_a_reveal_says_that_only_a_grace_lets_the_actor_in_and_until_when(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    line = f"person reveal {desk.person()} --as support --reason 'call back'"
    until = desk.clock.now + 14 * DAY_MS
    told = (
        "Of your courses nothing in force is recorded: phishing, privacy-basics. A grace lets you in until 2026-12-07 "
        f"13:30Z. An admin records what you took: lockhouse training record os-user:{os.getuid()} phishing --until DAY"
    )
    assert desk.call(line).out.splitlines()[-1] == told
    assert desk.call(line, json=True).value["grace"] == {"phishing": until, "privacy-basics": until}
    for course, day in (("phishing", "2027-06-01"), ("privacy-basics", "2026-11-26")):
        assert desk.call(f"training record os-user:{os.getuid()} {course} --until {day}").code == 0
    assert desk.call(line, json=True).value["grace"] == {}
    desk.clock.now += 5 * DAY_MS
    assert desk.call(line).out.splitlines()[-1] == told.replace("phishing, ", "").replace("phishing", "privacy-basics")
    assert "grace" not in desk.call(line.replace("support", "privacy_officer")).out
    desk.clock.now += 10 * DAY_MS
    said = "a course your role needs is not recorded of you, or has lapsed. Take it. An admin records it (lockhouse"
    assert said in desk.call(line).err


def test_a_page_of_a_timeline_says_how_many_there_are_and_how_to_go_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    for number in range(5):
        desk.clock.now += 60_000
        desk.send(("Order Completed", {"email": EMAIL, "order_id": f"A-{number}"}))
    whole = f"person timeline {desk.person()}"
    assert ": 5 records, " in desk.call(whole).out
    line = f"{whole} --limit 2"
    assert desk.call(line, json=True).value["total"] == 5
    newest = desk.call(line).out
    assert ": the newest 2 of 5 records, " in newest
    assert f"More: lockhouse {whole} --before " in newest
    older = desk.call(f"{line} {newest.rpartition(whole)[2]}").out
    assert ": 2 of 5 records, " in older
    oldest = desk.call(f"{line} {older.rpartition(whole)[2]}").out
    assert ": 1 of 5 records, " in oldest
    assert "More: " not in oldest
    [first] = re.findall("record ([0-9a-f]{32})$", oldest, re.MULTILINE)
    assert f"More: lockhouse {whole} --after " in desk.call(f"{line} --after {first}").out
    assert desk.call(f"{line} --after {first} --before {first}").code == 2


def test_a_file_that_could_not_be_filled_is_not_left_behind(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for line in ("ledger export log.jsonl", "backup create copy"):
        assert desk.call(line).code != 0
    assert list(tmp_path.iterdir()) == []
    desk.found()
    assert desk.call("ledger export log.jsonl").code == 0


def test_a_held_file_that_is_no_checkpoint_is_a_mistake_and_one_that_was_changed_is_not(desk: Desk) -> None:
    point = desk.call("ledger checkpoint").out
    held = desk.house / "held.txt"
    for text in ("hello\n", "", desk.call("ledger log").out, point.partition("\u2014")[0]):
        held.write_text(text, "utf-8")
        seen = desk.call("ledger verify --held held.txt")
        assert (seen.code, "error[invalid]: --held: expected a checkpoint" in seen.err) == (2, True), text
    held.write_text(point, "utf-8")
    assert desk.call("ledger verify --held held.txt").code == 0
    origin, size, rest = point.split("\n", 2)
    held.write_text("\n".join([origin, str(int(size) + 1), rest]), "utf-8")
    assert desk.call("ledger verify --held held.txt").code == 7


def test_files_of_another_form_are_a_mistake_and_no_incident(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    (desk.house / "held").write_bytes(b"\xff\xfe")
    for line in ("ledger verify --held held", "demo --once --keep held", "demo --real --keep held"):
        seen = desk.call(line)
        assert (seen.code, "incident" in seen.err) == (2, False)
