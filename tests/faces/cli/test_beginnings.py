"""What somebody meets who begins: a root that is locked, commands that keep the house they were given, a first look."""

from __future__ import annotations

import asyncio
import re
import shlex
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lockhouse.settings import Settings
from lockhouse.wiring import found, is_free
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

RECIPIENT = """
recipients:
  tool:
    kind: segment
    url: https://collector.example
    role: internal
    for: [analytics]
    fields: [order_total]
"""
MISSING = "00112233445566778899aabbccddeeff"


def _state(desk: Desk, check: str) -> tuple[str, str]:
    [one] = [
        one for one in desk.call("doctor --production", json=True).value["results"] if one["check"] == check
    ]  # fmt: skip
    return one["state"], one["sentence"]


def _write(file: Path, text: str, *, mode: int = 0o600) -> None:
    file.write_text(text, "utf-8")
    file.chmod(mode)


@pytest.fixture
def locked(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    _write(tmp_path / "passphrase", "nine words nobody says\n")
    seen = desk.call("init shop --yes --demo --passphrase-file passphrase")
    assert seen.code == 0, seen.err
    assert "and its passphrase in a third" in seen.out
    return desk


def test_a_root_is_locked_by_a_passphrase_from_the_beginning(locked: Desk) -> None:
    assert f'root_passphrase_file = "{locked.folder}/passphrase"' in (locked.house / "lockhouse.toml").read_text()
    assert _state(locked, "root-locked")[0] == "PASS"
    _write(locked.folder / "passphrase", "another\n")
    assert locked.call("policy history").code == 9
    (locked.folder / "passphrase").unlink()
    seen = locked.call("policy history")
    assert (seen.code, "expected a file that can be read" in seen.err) == (9, True)


def test_the_environment_may_name_the_passphrase_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path)
    file = tmp_path / "passphrase"
    _write(file, "nine words nobody says\n")
    monkeypatch.setenv("LOCKHOUSE_ROOT_PASSPHRASE_FILE", str(file))
    desk.environment["LOCKHOUSE_ROOT_PASSPHRASE_FILE"] = str(file)
    assert desk.call("init shop --yes --demo").code == 0
    assert _state(desk, "root-locked")[0] == "PASS"


@pytest.mark.parametrize("line", ["doctor", "policy history", "serve"])
def test_a_house_that_lost_its_id_is_told_where_it_still_stands(tmp_path: Path, line: str) -> None:
    desk = Desk(tmp_path)
    desk.found()
    file = desk.house / "lockhouse.toml"
    written = file.read_text("utf-8")
    [house] = re.findall('(?m)^house = "(.*)"$', written)
    file.write_text(written.replace(house, "").replace('house = ""\n', ""), "utf-8")
    seen = desk.call(line)
    assert seen.code == 2
    assert "error[invalid]: lockhouse.toml: house: expected the house's id, 32 hexadecimal digits, got none" in seen.err
    assert "checkpoints.jsonl" in seen.err
    [kept] = set(re.findall("lockhouse/(.*?)/1", (desk.house / "checkpoints.jsonl").read_text("utf-8")))
    file.write_text(f'house = "{kept}"\n{file.read_text("utf-8")}', "utf-8")
    assert desk.call("policy history").code == 0


def test_a_root_that_is_not_where_it_was_said_to_be_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    desk = Desk(tmp_path)
    assert desk.call("init shop --yes --name Shop").code == 0
    file = desk.house / "lockhouse.toml"
    written = file.read_text("utf-8")
    [usual] = (tmp_path / "config" / "lockhouse" / "roots").glob("*.root")
    for place, got in ((tmp_path / "elsewhere", "none"), (tmp_path, "a folder, or something else")):
        file.write_text(written.replace(str(usual), str(place)), "utf-8")
        error = desk.call("policy history", json=True).error
        assert error["message"] == f"root file: expected a file of our own at {place}, got {got}"
        assert error["hint"].endswith(f"; there is one at {usual}")
        assert _state(desk, "root-file") == ("FAIL", f"There is no root key file at {place}.")
    shown = desk.call("doctor").out
    assert shown.count(f"there is one at {usual}") == 1
    assert shown.count("The house could not be opened") == 1
    usual.rename(tmp_path / "away")
    seen = desk.call("policy history")
    assert (seen.code, f"unless init was told otherwise that is {usual}" in seen.err) == (9, True)
    file.write_text(written.replace(str(usual), str(tmp_path / "away")), "utf-8")
    assert desk.call("policy history").code == 0


def test_a_passphrase_for_a_root_that_is_not_locked_is_an_error_and_no_comfort(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    _write(tmp_path / "passphrase", "nine words nobody says\n")
    with (desk.house / "lockhouse.toml").open("a", encoding="utf-8") as file:
        file.write(f'root_passphrase_file = "{tmp_path}/passphrase"\n')
    seen = desk.call("policy history")
    assert seen.code == 9
    assert "expected a root key file that a passphrase locks, got one without" in seen.err


@pytest.mark.parametrize(
    ("content", "mode", "got"),
    [
        (None, 0o600, "got none"), ("\n", 0o600, "got an empty file"), ("x\n", 0o600, "got a shorter one"),
        ("fourteen signs\n", 0o600, "at least 15 characters"), ("nine words nobody says\n", 0o604, "got mode 0604"),
        ("nine words nobody says\n", 0o640, "a file that only its owner may read"),
    ],
)  # fmt: skip
def test_a_house_is_not_begun_with_a_passphrase_that_guards_nothing(
    tmp_path: Path, content: str | None, mode: int, got: str
) -> None:
    desk = Desk(tmp_path)
    if content is not None:
        _write(tmp_path / "passphrase", content, mode=mode)
    seen = desk.call("init shop --yes --demo --passphrase-file passphrase")
    assert (seen.code, got in seen.err, "umask 077" in seen.err) == (2, True, True)
    assert not desk.house.exists()


def test_a_passphrase_that_others_may_read_opens_nothing_until_that_is_mended(locked: Desk) -> None:
    file = locked.folder / "passphrase"
    assert _state(locked, "passphrase")[0] == "PASS"
    file.chmod(0o644)
    seen = locked.call("policy history")
    assert (seen.code, f"chmod 600 {file}" in seen.err) == (9, True)
    assert _state(locked, "passphrase") == ("FAIL", f"Others may read the passphrase at {file}: ask who has.")
    file.chmod(0o600)
    assert locked.call("policy history").code == 0


def test_a_passphrase_that_is_away_is_looked_for_where_the_setting_says(locked: Desk) -> None:
    file = locked.folder / "passphrase"
    file.unlink()
    assert _state(locked, "passphrase") == ("FAIL", f"There is no file with the passphrase at {file}.")
    shown = locked.call("doctor").out
    assert "set root_passphrase_file in lockhouse.toml to where it is" in shown
    assert "→ lockhouse doctor\n" not in shown
    assert f"expected a file that can be read at {file}" in locked.call("policy history").err


def test_a_short_passphrase_that_locks_a_root_already_still_opens_it(locked: Desk) -> None:
    before = Settings(name="Old", demo=True, root=str(locked.folder / "old.root"))
    _write(locked.folder / "old", "short\n")
    chosen = replace(before, root_passphrase_file=str(locked.folder / "old"))
    asyncio.run(found(locked.folder / "old-house", chosen))
    assert locked.call(f"-C {locked.folder / 'old-house'} ledger log").code == 0


def test_a_recipient_without_its_key_file_is_said_to_be_ill(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    with (desk.house / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write(RECIPIENT)
    assert desk.call("policy approve --yes").code == 0
    state, sentence = _state(desk, "recipient-keys")
    assert (state, "recipients/tool.key" in sentence) == ("FAIL", True)
    assert "expected a file with its write key, got none" in desk.call("recipient show tool").out
    key = desk.house / "recipients" / "tool.key"
    key.parent.mkdir(mode=0o700)
    key.write_text("a key\n", "utf-8")
    key.chmod(0o644)
    assert _state(desk, "recipient-keys")[0] == "FAIL"
    key.chmod(0o600)
    assert _state(desk, "recipient-keys")[0] == "PASS"
    assert "recipients/tool.key" in desk.call("recipient show tool").out


@pytest.mark.parametrize(("proves", "state"), [("", "MANUAL"), (":email+customer_id", "PASS")])
def test_whether_anything_is_proven_is_asked_at_the_beginning_and_said_by_the_doctor(
    tmp_path: Path, proves: str, state: str
) -> None:
    desk = Desk(tmp_path)
    systems = f"--system web:segment:public --system shop:segment:secret{proves}"
    assert desk.call(f"init {desk.house} --yes --demo {systems}").code == 0
    told, sentence = _state(desk, "proof")
    assert told == state
    assert sentence.startswith("No channel proves an identifier") == (not proves)


def test_what_is_to_be_typed_next_keeps_the_house_that_was_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.house = tmp_path / "elsewhere"  # nobody stands in the house
    place = tmp_path / "shop"
    named = f"lockhouse -C {shlex.quote(str(place))}"
    assert f"  {named} why first-shop-1\n" in desk.call(f"-C {place} channel add shop").out
    assert f"hint: {named} request list" in desk.call(f"-C {place} request show {MISSING}").err
    assert f"→ {named} channel add web" in desk.call(f"-C {place} doctor").out
    said = desk.call(f"-C {place} doctor --production", json=True).value["results"]
    assert f"{named} channel add web" in [one["mend"] for one in said]
    assert not [one for one in said if re.search(r"(?<![/\w])lockhouse (?!-C|init)[a-z]+ [a-z]", one["mend"])]
    desk.environment["LOCKHOUSE_HOUSE"] = str(place)
    assert "hint: lockhouse request list" in desk.call(f"request show {MISSING}").err
    assert "\n  lockhouse why first-shop-1\n" in desk.call("channel add shop").out


@pytest.mark.parametrize("channel", ["shop", "web"])
def test_the_event_by_hand_has_its_key_from_a_variable_and_not_from_the_history(tmp_path: Path, channel: str) -> None:
    desk = Desk(tmp_path)
    desk.found()
    out = desk.call(f"channel add {channel}").out
    [key] = re.findall(r"(?m)^  (lh[ps]_\S+)$", out)
    typed = [line.strip() for line in out.splitlines() if line.startswith(("  read ", "  curl "))]
    assert key not in "".join(typed)
    curl = """curl() { while [ "$1" != -u ]; do shift; done; printf %s "$2"; }"""
    told = subprocess.run(
        ["bash", "-c", "\n".join([curl, *typed])], input=f"{key}\n", capture_output=True, text=True, check=True
    )
    assert (told.stdout, told.stderr) == (f"{key}:", "")


def test_a_proof_that_was_shown_on_the_screen_verifies_without_the_house(tmp_path: Path) -> None:
    from lockhouse.ledger.verify.__main__ import main  # noqa: PLC0415  # as an auditor runs it

    desk = Desk(tmp_path)
    desk.found()
    [newest, *_] = desk.call("ledger log", json=True).value
    shown = tmp_path / "shown"
    written = desk.call(f"ledger prove {newest['id']} --to ../proof.txt")
    assert "lockhouse.ledger.verify" in written.out
    assert (desk.folder / "proof.txt").read_text("utf-8") == desk.call(f"ledger prove {newest['id']}").out
    shown.write_text(desk.call(f"ledger prove {newest['id']}").out, "utf-8")
    vkey = desk.call("ledger checkpoint", json=True).value["vkey"]
    assert main([str(shown), "--vkey", vkey]) == 0


def test_why_says_of_an_erased_persons_message_that_its_record_is_gone(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    [record] = [one["id"] for one in desk.call(f"person timeline {person}", json=True).value["timeline"]]
    assert f"Record {record}." in desk.call(f"why {record}").out
    case = desk.call(f"request open {person}", json=True).value["request"]
    assert desk.call(f"request fulfil {case} --now --yes").code == 0
    assert f"Its record {record} is gone since." in desk.call(f"why {record}").out
    assert [one["gone"] for one in desk.call(f"why {record}", json=True).value] == [True]


def test_why_says_where_an_event_that_could_not_be_read_is_wrong(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    number = '{"messageId": "m-2", "type": "page", "properties": {"n": 99999999999999999999}}'
    assert [one.code for one in desk.receive('{"messageId": "m-1"}', number)] == ["LH-1003", "LH-1007"]
    told = desk.call("why m-1").out
    assert "LH-1003. The event has no type of the protocol" in told
    assert "\n  /type: expected identify, track, page, screen, group or alias.\n" in told
    assert "What would change it: Send identify" in told
    assert "kept" not in told
    assert "\n  the event: expected integers of at most 64 bits.\n" in desk.call("why m-2").out
    assert desk.call("why m-3").code == 5


def test_why_tells_of_a_bad_value_what_would_change_that_and_of_other_fields_their_own(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    order = '{"messageId": "%s", "type": "track", "event": "Order Completed", "properties": {"order_id": "A-1", %s}}'
    desk.receive(order % ("m-1", '"email": "nobody"'), order % ("m-2", '"email": "nobody", "shoe": 42'))
    bad, both = desk.call("why m-1").out, desk.call("why m-2").out
    mended = "What would change it: Send the value in the form of its field's type, or change the type in the policy."
    declared = "What would change it: Declare the field"
    assert "  properties.email: bad-value. Not kept: the value is not one of its field's type." in bad
    assert (bad.count(mended), bad.count(declared)) == (1, 0)
    assert (both.count(mended), both.count(declared)) == (1, 1)


def test_a_place_is_free_when_nothing_would_be_written_over(tmp_path: Path) -> None:
    assert is_free(tmp_path / "new")
    assert is_free(tmp_path)
    (tmp_path / "file").touch()
    assert not is_free(tmp_path)
    assert not is_free(tmp_path / "file")
