"""The doctor on houses that are ill: every finding is said, and what is said is so."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from sqlite3 import connect
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Unavailable
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    return desk


def _said(desk: Desk, check: str) -> tuple[str, str, str]:
    [one] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == check]
    return one["state"], one["sentence"], one["mend"]


@pytest.mark.parametrize("store", ["identity", "record"])
def test_a_store_of_other_bytes_is_a_finding_and_no_incident(desk: Desk, store: str) -> None:
    file = desk.house / f"{store}.db"
    file.write_bytes(os.urandom(file.stat().st_size))
    state, sentence, mend = _said(desk, "schema")
    assert (state, sentence) == ("FAIL", f"No readable database: {store}. Keep the file as it is.")
    assert "backup restore" in mend
    state, sentence, mend = _said(desk, "ledger")
    assert (state, "expected a readable database" in sentence) == ("ERROR", True)
    assert mend != "lockhouse doctor"
    for line in ("channel list", "migrate", "migrate --check"):
        seen = desk.call(line)
        assert (seen.code, "expected a readable database" in seen.err) == (OUTCOMES[Unavailable].exit_code, True)


@pytest.mark.parametrize("is_gone", [False, True], ids=["emptied", "gone"])
@pytest.mark.parametrize("store", ["identity", "record"])
def test_a_store_that_was_emptied_or_taken_away_is_said_to_be_so_and_none_is_made_in_its_place(
    desk: Desk, store: str, *, is_gone: bool
) -> None:
    for end in ("", "-wal", "-shm"):
        (desk.house / f"{store}.db{end}").unlink()
    file = desk.house / f"{store}.db"
    if not is_gone:
        file.touch()
    for line in ("request list", "migrate", *(() if is_gone else ("migrate --check",))):
        seen = desk.call(line)
        assert seen.code == OUTCOMES[Unavailable].exit_code
        expected = (
            "a database in the house folder, got none" if is_gone else "the tables of a house, got an empty database"
        )
        assert f"{store} store: expected {expected}" in seen.err
        assert "backup restore" in seen.err
    assert not file.exists() if is_gone else file.stat().st_size == 0
    state, sentence, mend = _said(desk, "schema")
    assert (state, sentence) == ("FAIL", f"No readable database: {store}. Keep the file as it is.")
    assert "backup restore" in mend


def test_an_entry_that_is_gone_from_the_ledger_is_a_finding(desk: Desk) -> None:
    desk.call("channel list")
    state, sentence, _ = _said(desk, "ledger")
    assert (state, "entries are as they were signed. No record was read" in sentence) == ("PASS", True)
    with closing(connect(desk.house / "record.db")) as store:
        store.execute("DELETE FROM ledger_entry WHERE position = 0")
        store.commit()
    state, sentence, mend = _said(desk, "ledger")
    assert (state, mend) == ("FAIL", "lockhouse ledger verify --records"), sentence
    [head, *_] = desk.call("ledger verify").out.splitlines()
    assert head.endswith(" read")


def test_a_ledger_too_long_to_be_read_at_a_visit_is_said_to_be_unread(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lockhouse.faces.cli.commands.doctor.MAX_READ", 1)
    state, sentence, mend = _said(desk, "ledger")
    assert (state, "entries were not read" in sentence, mend) == ("MANUAL", True, "lockhouse ledger verify --records")


def test_a_public_channel_that_lets_no_page_in_is_said_and_mended_in_the_policy(desk: Desk) -> None:
    assert _said(desk, "origins")[:2] == ("MANUAL", "No web page may send to: web.")
    assert "No page may send with it yet" in desk.call("channel add web").out
    assert desk.call("channel show web", json=True).value["origins"] == []
    draft = desk.house / "policy.yaml"
    text = draft.read_text("utf-8")
    draft.write_text(text.replace("# origins: [https://shop.example]", "origins: [https://shop.example]"), "utf-8")
    assert desk.call("policy approve --yes").code == 0
    assert _said(desk, "origins")[0] == "PASS"
    assert "No page may send" not in desk.call("channel add web").out
    assert desk.call("channel show web", json=True).value["origins"] == ["https://shop.example"]


def test_a_draft_with_a_field_that_no_event_carries_is_valid_and_says_so(desk: Desk) -> None:
    with (desk.house / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write("\nfields:\n  shoe_size: {type: integer, class: profile, for: [fulfilment]}\n")
    seen = desk.call("policy check")
    assert (seen.code, "until an event under `events` carries it: shoe_size." in seen.out) == (0, True)
    for line in ("policy diff", "policy approve"):
        seen = desk.call(line, typed="no\n", talks=True)
        assert "carries it:\n  shoe_size\n" in seen.out + seen.err
        assert "Newly kept" not in seen.out + seen.err


@pytest.mark.parametrize(
    ("url", "more", "state"),
    [
        ("https://collector.example", "", "MANUAL"),
        ("https://collector.example", "\n    contract: dpa-7", "PASS"),
        ("https://collector.internal", "", "PASS"),
        ("http://127.0.0.1:9", "", "PASS"),
    ],
)
def test_a_recipient_called_internal_at_a_public_host_is_somebodys_to_look_at(
    desk: Desk, url: str, more: str, state: str
) -> None:
    text = (
        f"\nrecipients:\n  tool:\n    kind: segment\n    url: {url}\n    role: internal{more}\n"
        "    for: [analytics]\n    fields: [order_total]\n"
    )
    with (desk.house / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write(text)
    assert desk.call("policy approve --yes").code == 0
    said = desk.call("doctor --production", json=True).value["results"]
    [one] = [one for one in said if one["check"] == "recipients"]
    assert (one["state"], "tool (collector.example)" in one["sentence"]) == (state, state == "MANUAL")


def _with_one_erased(desk: Desk) -> tuple[Path, Path]:
    """The journal's two files, of a house in which one person was erased."""
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    request = desk.call(f"request open {desk.person()}", json=True).value["request"]
    assert desk.call(f"request fulfil {request} --now --yes").code == 0
    [shipped] = desk.house.rglob("*.destroyed.jsonl")
    return desk.house / "destroyed.jsonl", shipped


def test_a_journal_that_is_whole_in_both_places_is_no_finding(desk: Desk) -> None:
    here, shipped = _with_one_erased(desk)
    assert here.read_bytes() == shipped.read_bytes()
    assert _said(desk, "journal")[0] == "PASS"


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda file: file.unlink(), "there is none"),
        (lambda file: file.write_bytes(b""), "nothing is in it"),
        (lambda file: file.write_bytes(file.read_bytes().partition(b"\n")[2]), "lines were lost or changed"),
        (lambda file: file.write_bytes(file.read_bytes().partition(b"\n")[0] + b"\n"), "not in it"),
        (lambda file: file.write_bytes(file.read_bytes().partition(b"\n")[0].replace(b"begun", b"lost") + b"\n"),
         "does not begin with the house"),
        (lambda file: (file.unlink(), file.mkdir()), "cannot be read"),
    ],
)  # fmt: skip
def test_a_journal_that_one_of_its_places_lacks_is_a_finding_with_the_place_and_the_remedy(
    desk: Desk, spoil: Callable[[Path], object], word: str
) -> None:
    here, shipped = _with_one_erased(desk)
    for bad, name, whole in ((shipped, "shipped copy", here), (here, "house folder", shipped)):
        kept = bad.read_bytes()
        spoil(bad)
        state, sentence, mend = _said(desk, "journal")
        assert (state, f"{name} ({bad}): " in sentence, word in sentence) == ("FAIL", True, True), sentence
        assert str(whole) not in sentence
        if bad.is_dir():
            bad.rmdir()
            bad.write_bytes(kept)
        else:
            subprocess.run(mend, shell=True, check=True)  # noqa: S602  # what a person would type
        assert _said(desk, "journal")[0] == "PASS"


def test_a_house_that_was_just_made_has_no_file_that_others_may_read(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        made = Desk(tmp_path)
        made.found()
    finally:
        os.umask(before)
    assert _said(made, "folder-mode")[0] == "PASS"


def test_what_is_to_be_typed_names_the_house_and_the_very_file_and_mends_it(desk: Desk) -> None:
    root = desk.house / "root.key"
    for check, spoilt in (("folder-mode", desk.house / "record.db"), ("root-file", root)):
        spoilt.chmod(0o644)
        state, _, mend = _said(desk, check)
        assert (state, mend.startswith("chmod "), str(desk.house) in mend) == ("FAIL", True, True)
        subprocess.run(mend, shell=True, check=True)  # noqa: S602  # what a person would type
        assert _said(desk, check)[0] == "PASS"
    said = desk.call(f"-C {desk.house} doctor --production", json=True).value["results"]
    mends = {one["check"]: one["mend"] for one in said}
    assert mends["witness"] == f"lockhouse -C {desk.house} ledger checkpoint > FILE"
    then = f"then lockhouse -C {desk.house} policy approve"
    assert mends["contact"] == f"in the policy (docs/spec/policy.md) set controller.contact, {then}"
    assert mends["public-url"] == "in lockhouse.toml (docs/settings.md) set public_url and tls"
    assert mends["root-locked"] == "lockhouse init DIR --passphrase-file FILE"
    [root] = [one for one in said if one["check"] == "root-locked"]
    assert "a root that stands cannot be locked, so this means a new house" in root["sentence"]


def test_a_journal_that_is_gone_from_both_places_is_a_finding(desk: Desk) -> None:
    here, shipped = _with_one_erased(desk)
    here.unlink()
    shipped.unlink()
    state, sentence, mend = _said(desk, "journal")
    assert (state, sentence.count("there is none"), "from a copy of your own" in mend) == ("FAIL", 2, True)


def test_a_journal_that_says_of_a_living_person_that_they_ended_is_a_finding_with_the_file_to_put_right(
    desk: Desk,
) -> None:
    """As a house left it that was brought back beside this one while the two still wrote into one shipped file."""
    _, shipped = _with_one_erased(desk)
    desk.send(("Order Completed", {"email": "bo@x.example", "order_id": "B-1"}))
    request = desk.call(f"request open {desk.person('bo@x.example')}", json=True).value["request"]
    assert desk.call("backup create ../copy").code == 0
    assert desk.call("backup restore ../copy --to ../trial").code == 0
    assert desk.call(f"request cancel {request}").code == 0
    assert desk.call(f"-C ../trial request fulfil {request} --now --yes").code == 0
    assert _said(desk, "journal")[0] == "PASS"
    shipped.write_bytes((desk.folder / "trial" / "destroyed.jsonl").read_bytes())
    state, sentence, mend = _said(desk, "journal")
    assert (state, "a restore would destroy them. shipped copy (" in sentence) == ("FAIL", True), sentence
    assert "it names 9 keys in use" in sentence
    subprocess.run(mend, shell=True, check=True)  # noqa: S602  # what a person would type
    assert _said(desk, "journal")[0] == "PASS"
    for file in (shipped, desk.house / "destroyed.jsonl"):
        file.write_bytes((desk.folder / "trial" / "destroyed.jsonl").read_bytes())
    assert "from before another house wrote into it" in _said(desk, "journal")[2]


def test_a_list_of_leaked_passwords_is_said_to_be_fine_missing_or_out_of_order(desk: Desk) -> None:
    assert _said(desk, "leaked-passwords")[0] == "PASS"
    settings, place = desk.house / "lockhouse.toml", desk.house / "leaked.txt"
    settings.write_text('leaked_passwords = "leaked.txt"\n' + settings.read_text("utf-8"), "utf-8")
    state, sentence, mend = _said(desk, "leaked-passwords")
    assert (state, "expected a file that can be read" in sentence) == ("FAIL", True)
    assert mend.startswith("LC_ALL=C sort --check leaked.txt")
    place.write_text(f"{'B' * 40}:1\n{'A' * 40}:2\n", "ascii")
    assert "in the order of their hashes" in _said(desk, "leaked-passwords")[1]
    place.write_text(f"{'A' * 40}:1\n{'B' * 40}:2\n", "ascii")
    assert _said(desk, "leaked-passwords")[0] == "PASS"
