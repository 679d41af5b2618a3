"""Each check passes on a good world and names what is wrong on one that is bad in exactly that."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from lockhouse.model.ids import DAY_MS
from lockhouse.posture.checks import CHECKS, counts, examine
from lockhouse.posture.leaked import LeakedSeen
from lockhouse.posture.staff import StaffSeen
from lockhouse.posture.world import Host, House, JournalPlace, Listener, Mail, Place, Root, Thing, World

NOW = 1_795_440_630_000
FILE = Thing(name="record.db", mode=0o600, owned=True)
HOST = Host(
    things=(Thing(name="shop", mode=0o700, owned=True), FILE),
    root=Root(thing=Thing(name="root", mode=0o600, owned=True), inside=False, same_disk=False, locked=True),
    journal=Place(same_disk=False), schema={"identity": "0001", "record": "0001"}, wanted="0001",
    wal_bytes={"identity": 0, "record": 0},
    listeners=(Listener(name="collect", address="127.0.0.1:1", loopback=True, answers=False),), tls="own",
    public_url=True, demo=False,
)  # fmt: skip
HERE = JournalPlace(name="house folder", path="shop/destroyed.jsonl")
SHIPPED = JournalPlace(name="shipped copy", path="/else where/destroyed.jsonl")
HOUSE = House(
    policy=1, differs=None, placeholder=False, keyless=(), proving=("shop",), unserved=(), unproven=(), behind_ms=0,
    backup_at=NOW, now=NOW, overdue=0, dead={}, found=0, journal=(HERE, SHIPPED),
    staff=StaffSeen(active=2, gives_by_two=True, admins=2),
)  # fmt: skip
LOOSE = msgspec.structs.replace(FILE, mode=0o640)
FOREIGN = msgspec.structs.replace(FILE, owned=False)
LINK = msgspec.structs.replace(FILE, is_link=True)


def _root(**changed: Any) -> dict[str, Any]:
    return {"root": msgspec.structs.replace(HOST.root, **changed)}


def _outside(name: str) -> dict[str, Any]:
    return {"listeners": (Listener(name=name, address="0.0.0.0:1", loopback=False, answers=True),)}


def _journal(fault: str, **changed: Any) -> dict[str, Any]:
    return {"journal": (HERE, msgspec.structs.replace(SHIPPED, fault=fault, **changed))}


BAD_HOSTS: list[tuple[str, dict[str, Any], str]] = [
    ("folder-mode", {"things": (LOOSE,)}, "FAIL"),
    ("folder-owner", {"things": (FOREIGN,)}, "FAIL"),
    ("folder-owner", {"things": (LINK,)}, "FAIL"),
    ("root-file", _root(thing=None), "FAIL"),
    ("root-file", _root(thing=LOOSE), "FAIL"),
    ("passphrase", _root(passphrase_path="pass"), "FAIL"),
    ("passphrase", _root(passphrase_path="pass", passphrase=LOOSE), "FAIL"),
    ("root-apart", _root(inside=True), "FAIL"),
    ("root-apart", _root(same_disk=True), "MANUAL"),
    ("schema", {"schema": {"record": "0000"}}, "FAIL"),
    ("schema", {"schema": {"identity": None, "record": "0001"}}, "FAIL"),
    ("wal-size", {"wal_bytes": {"record": 1 << 30}}, "FAIL"),
    ("spool", {"spool_bytes": 4_096}, "FAIL"),
    ("leaked-passwords", {"leaked": LeakedSeen(path="leaked.txt", fault="leaked_passwords: expected a file")}, "FAIL"),
    ("listeners", _outside("collect"), "FAIL"),
    ("listeners", _outside("console"), "FAIL"),
    ("listeners", {"missing_keys": ("tls.key",)}, "FAIL"),
    ("metrics", {**_outside("metrics"), "tls": "files"}, "MANUAL"),
    ("no-demo", {"demo": True}, "FAIL"),
    ("root-locked", _root(locked=False), "FAIL"),
    ("journal-apart", {"journal": Place(same_disk=True)}, "FAIL"),
    ("public-url", {"public_url": False}, "FAIL"),
]
BAD_HOUSES: list[tuple[str, dict[str, Any], str]] = [
    ("ledger", {"unsigned": "ledger: expected the tree that was signed last"}, "FAIL"),
    ("ledger", {"found": 2}, "FAIL"),
    ("ledger", {"found": None, "entries": 300_000}, "MANUAL"),
    ("policy", {"policy": None}, "FAIL"),
    ("draft", {"differs": "policy.yaml differs from live v1."}, "MANUAL"),
    ("draft", {"no_draft": "policy: expected a YAML file", "mend_draft": "bring it back"}, "FAIL"),
    ("clock", {"behind_ms": 120_001}, "FAIL"),
    ("clock", {"unwatched": True}, "MANUAL"),
    ("readable", {"read_shut": True}, "FAIL"),
    ("channels", {"keyless": ("web",)}, "MANUAL"),
    ("origins", {"pageless": ("web",)}, "MANUAL"),
    ("asked", {"unanswered": ("08" * 16,)}, "FAIL"),
    ("signed-address", {"addressless": ("tills",)}, "FAIL"),
    ("proof", {"proving": ()}, "MANUAL"),
    ("served", {"unserved": ("fax",)}, "MANUAL"),
    ("endings", {"overdue": 1}, "FAIL"),
    ("endings", {"unmeant": ("0a" * 16,), "announced": 1}, "FAIL"),
    ("endings", {"announced": 1}, "MANUAL"),
    ("endings", {"unreviewed": ("02" * 16,)}, "FAIL"),
    ("endings", {"closed": ("03" * 16,)}, "FAIL"),
    ("endings", {"jobs": ("02" * 16,)}, "FAIL"),
    ("endings", {"spoilt": ("01" * 16,)}, "FAIL"),
    ("dead-letters", {"dead": {"tool": 1}}, "FAIL"),
    ("recipient-keys", {"no_write_key": ("recipients/tool.key",)}, "FAIL"),
    ("mail", {"mail": Mail(is_set=True, given_up=1)}, "FAIL"),
    ("mail", {"mail": Mail(stuck=2, why="lockhouse.toml names no mail server")}, "FAIL"),
    ("mail", {"mail": Mail(spoilt="mail: expected attempts as this house writes it", mend="SELECT")}, "FAIL"),
    *[("journal", _journal(fault), "FAIL") for fault in get_args(get_type_hints(JournalPlace)["fault"]) if fault],
    ("journal", _journal("missing", folder=False), "FAIL"),
    ("journal", {"journal": tuple(msgspec.structs.replace(one, fault="late") for one in (HERE, SHIPPED))}, "FAIL"),
    ("backup", {"backup_at": None}, "FAIL"),
    ("backup", {"backup_at": NOW - 3 * DAY_MS}, "FAIL"),
    ("contact", {"placeholder": True}, "FAIL"),
    ("recipients", {"unproven": ("mailer",)}, "FAIL"),
    ("recipients", {"elsewhere": ("tool (collector.example)",)}, "MANUAL"),
    ("second-admin", {"staff": StaffSeen(active=2, gives_by_two=True, admins=1)}, "FAIL"),
    ("second-admin", {"staff": StaffSeen(active=2, gives_by_two=True)}, "FAIL"),
    ("second-person", {"staff": StaffSeen(active=2, admins=2)}, "FAIL"),
    ("staff", {"staff": StaffSeen(active=2, gives_by_two=True, admins=2, recovered=("04" * 16,))}, "FAIL"),
    ("break-glass", {"staff": StaffSeen(active=2, gives_by_two=True, admins=2, glass_overdue=("07" * 16,))}, "FAIL"),
    ("staff-keys", {"staff": StaffSeen(active=2, gives_by_two=True, admins=2, one_key=("05" * 16,))}, "FAIL"),
    ("access-review", {"staff": StaffSeen(active=2, gives_by_two=True, admins=2, review_overdue=True)}, "FAIL"),
    ("staff-unused", {"staff": StaffSeen(active=2, gives_by_two=True, admins=2, unused=("06" * 16,))}, "FAIL"),
]
ALWAYS_BY_HAND = {"backup", "witness"}


def _said(world: World) -> dict[str, str]:
    return {one.check: one.state for one in examine(world, production=True)}


def test_a_good_house_leaves_only_what_nobody_can_check_for_you() -> None:
    said = _said(World(host=HOST, house=HOUSE))
    assert {name for name, state in said.items() if state != "PASS"} == ALWAYS_BY_HAND
    assert tuple(said) == CHECKS


def test_a_house_in_which_nobody_can_sign_in_says_so_and_who_acts_then() -> None:
    said = _said(World(host=HOST, house=msgspec.structs.replace(HOUSE, staff=StaffSeen())))
    by_hand = {"staff": "MANUAL", "second-admin": "MANUAL"}
    assert {name: state for name, state in said.items() if name in by_hand} == by_hand
    assert {name for name, state in said.items() if state != "PASS"} - ALWAYS_BY_HAND == by_hand.keys()


@pytest.mark.parametrize(("check", "changed", "state"), BAD_HOSTS)
def test_one_thing_wrong_with_the_machine_is_one_finding(check: str, changed: dict[str, Any], state: str) -> None:
    said = _said(World(host=msgspec.structs.replace(HOST, **changed), house=HOUSE))
    assert said[check] == state
    assert {name for name, one in said.items() if one != "PASS"} - ALWAYS_BY_HAND == {check}


@pytest.mark.parametrize(("check", "changed", "state"), BAD_HOUSES)
def test_one_thing_wrong_with_the_house_is_one_finding(check: str, changed: dict[str, Any], state: str) -> None:
    said = _said(World(host=HOST, house=msgspec.structs.replace(HOUSE, **changed)))
    assert said[check] == state
    assert {name for name, one in said.items() if one != "PASS"} - ALWAYS_BY_HAND <= {check}


def test_every_check_but_the_one_by_hand_has_an_example_that_it_finds() -> None:
    found = {check for check, _, _ in (*BAD_HOSTS, *BAD_HOUSES)}
    assert set(CHECKS) - found == {"witness"}


def test_whatever_is_not_fine_says_what_mends_it() -> None:
    worlds = [World(host=msgspec.structs.replace(HOST, **changed), house=HOUSE) for _, changed, _ in BAD_HOSTS]
    worlds += [World(host=HOST, house=msgspec.structs.replace(HOUSE, **changed)) for _, changed, _ in BAD_HOUSES]
    results = [one for world in worlds for one in examine(world, production=True)]
    assert [one.check for one in results if (one.state == "PASS") == bool(one.mend)] == []


COMMANDS = ("lockhouse ", "chmod ", "sudo chown ", "mkdir ", "mv ", "cp ")
PAGES = Path(__file__).parents[3]


def test_what_mends_it_is_a_command_as_it_is_typed_or_one_sentence_with_its_page() -> None:
    worlds = [World(host=msgspec.structs.replace(HOST, **changed), house=HOUSE) for _, changed, _ in BAD_HOSTS]
    worlds += [World(host=HOST, house=msgspec.structs.replace(HOUSE, **changed)) for _, changed, _ in BAD_HOUSES]
    for one in {one for world in worlds for one in examine(world, production=True) if one.mend}:
        pages = re.findall(r"\bdocs/[a-z/-]+\.md", one.mend)
        assert all((PAGES / page).is_file() for page in pages), one
        handed_on = one.mend == "bring it back"  # what the draft's own error says, where it cannot be read
        assert pages or handed_on or one.mend.startswith(COMMANDS), one
        assert one.mend.count(". ") == 0, one


def test_a_key_that_is_pasted_lands_in_a_file_of_its_owner_alone(tmp_path: Path) -> None:
    house = msgspec.structs.replace(HOUSE, folder=str(tmp_path / "a shop"), no_write_key=("recipients/tool.key",))
    [mend] = [
        one.mend for one in examine(World(host=HOST, house=house), production=False) if one.check == "recipient-keys"
    ]
    file = tmp_path / "a shop" / "recipients" / "tool.key"
    file.parent.mkdir(parents=True)
    file.write_text("old", "utf-8")
    file.chmod(0o644)
    subprocess.run(mend, shell=True, check=True, input=b"key\n")  # noqa: S602  # what a person would type
    assert (file.read_text("utf-8"), file.stat().st_mode & 0o777) == ("key\n", 0o600)


def test_a_house_that_does_not_open_is_an_error_and_never_a_pass() -> None:
    results = examine(World(host=HOST, away="root file: expected its passphrase"), production=False)
    of_house = [one for one in results if "could not be opened" in one.sentence]
    assert {one.state for one in of_house} == {"ERROR"}
    assert counts(results)["ERROR"] == len(of_house) == 18


def test_without_production_only_what_concerns_every_house_is_asked() -> None:
    assert not [one for one in examine(World(host=HOST, house=HOUSE), production=False) if one.production]


@pytest.mark.parametrize("changed", [{"behind_ms": 120_001}, {"unwatched": True}])
def test_a_clock_that_is_not_believed_holds_up_what_waits_too_where_something_does(changed: dict[str, Any]) -> None:
    def said(**more: Any) -> str:
        world = World(host=HOST, house=msgspec.structs.replace(HOUSE, **changed, **more))
        [one] = [one for one in examine(world, production=False) if one.check == "clock"]
        return one.sentence

    assert "policy" not in said()
    assert "policy that waits come" in said(waiting="v2 is approved and rules from then.")
    assert "policy" not in said(waiting="v2 never rules.", waits_in_vain=True)
