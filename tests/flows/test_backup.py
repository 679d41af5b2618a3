"""Both stores copied while the house runs; what was ended before the restore is ended again in what comes back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Invalid, NotFound, Tampered, Unavailable
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.flows import backup
from lockhouse.flows.sweep import Swept, sweep
from lockhouse.wiring import jobs, opened
from tests.faces.cli.house import EMAIL, Desk
from tests.faces.cli.test_mail import set_mail
from tests.mail_server import MailServer

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = (("Order Completed", {"email": EMAIL, "order_id": "A-1"}), ("Order Completed", {"email": "bo@x.example"}))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(*ORDERS)
    assert desk.call("backup create ../copy").code == 0
    return desk


def _erase(desk: Desk) -> str:
    person = desk.person()
    opened = desk.call(f"request open {person}", json=True).value
    assert desk.call(f"request fulfil {opened['request']} --now --yes").code == 0
    return person


def test_a_house_brought_back_shows_what_the_old_one_showed(desk: Desk) -> None:
    seen = desk.call("backup restore ../copy --to ../back", json=True).value
    assert seen["replayed"] == {
        "persons": 0,
        "compartments": 0,
        "epochs": 0,
        "keys": 0,
        "standing": 0,
        "to_sweep": 0,
        "shut": False,
        "spoilt": [],
        "forgotten": None,
    }
    here, there = (desk.call(f"{where} person show {desk.person()} --as support") for where in ("", "-C ../back"))
    head, named = "noted as ", "lockhouse -C ../back "  # each look has an entry of its own, and commands name the house
    shown = (one.out.replace(named, "lockhouse ") for one in (here, there))
    same = [[line.partition(head)[0] for line in text.splitlines()] for text in shown]
    assert same[0] == same[1]
    assert desk.call("-C ../back ledger verify --records").code == 0


def test_who_was_erased_after_the_backup_does_not_come_back(desk: Desk) -> None:
    person = _erase(desk)
    seen = desk.call("backup restore ../copy --to ../back", json=True).value
    assert seen["replayed"]["persons"] == 1
    assert desk.call(f"-C ../back person show {person}").code == 3
    assert desk.call("-C ../back person find email -", typed=f"{EMAIL}\n", json=True).value["persons"] == []
    [other] = desk.call("-C ../back person find email -", typed="bo@x.example\n", json=True).value["persons"]
    assert other["fields"]["email"]["state"] == "masked"


def test_mail_that_waited_when_the_copy_was_made_is_forgotten(desk: Desk) -> None:
    server = MailServer()
    set_mail(desk, server)
    assert desk.call("staff invite - --mail", typed="mia@shop.example\nMia\n").code == 0
    assert desk.call("backup create ../late").code == 0
    assert [one["kind"] for one in desk.call("mail list", json=True).value] == ["invite"]
    assert desk.call("backup restore ../late --to ../again").code == 0
    assert desk.call("-C ../again mail list", json=True).value == []


@pytest.mark.parametrize("part", [False, True])
def test_what_waited_in_limbo_when_the_copy_was_made_ends_again_too(desk: Desk, *, part: bool) -> None:
    """A copy from the cooling time holds the keys apart from the rings; nobody may call them back there."""
    person = desk.person()
    chosen = []
    if part:
        hint = desk.call(f"request open {person} --compartment nope", json=True).error["message"]
        name = next(one for one in hint.split("one of ")[1].split(", got")[0].split(", ") if one.startswith("contact"))
        chosen = ["--compartment", name]
    opened = desk.call(["request", "open", person, *chosen], json=True).value
    assert desk.call("backup create ../mid").code == 0
    assert desk.call(f"request fulfil {opened['request']} --now --yes").code == 0
    seen = desk.call("backup restore ../mid --to ../back", json=True).value
    assert (seen["replayed"]["persons"], seen["replayed"]["compartments"]) == ((0, 1) if part else (1, 0))
    assert desk.call(f"-C ../back request cancel {opened['request']} --yes").code != 0
    assert EMAIL not in desk.call(f"-C ../back person reveal {person} --as support --reason 'call back'").out


def test_an_old_record_store_under_todays_identity_store_stays_dead(desk: Desk) -> None:
    person = _erase(desk)
    seen = desk.call("backup restore ../copy --to ../old --only record")
    assert "Rows came back of 1 source person whose keys had ended already" in seen.out, seen.err
    assert desk.call(f"-C ../old person show {person}").code == 3
    assert desk.call("-C ../old ledger verify --records").code == 0
    assert asyncio.run(_swept(desk.folder / "old", desk)) == Swept(jobs=1, records=1)
    assert "Clean" in desk.call("-C ../old ledger verify --records").out


async def _swept(folder: Path, desk: Desk) -> Swept:
    async with opened(folder, role="work", clock=desk.clock) as house:
        return await sweep(house.house, jobs, owner=bytes(16))


def test_an_old_identity_store_under_todays_records_says_what_it_lacks(desk: Desk) -> None:
    assert desk.call(f"consent record {desk.person()} marketing denied").code == 0
    seen = desk.call("backup restore ../copy --to ../old --only identity")
    assert "lacks what these entries tell of: consent 1. Stored again: 1 refusal." in seen.out, seen.err
    assert "See: lockhouse -C ../old ledger log" in seen.out
    assert desk.call("-C ../old ledger verify --records").code == 0


def test_an_old_identity_store_says_who_moved_since_and_what_rules_until_they_are_seen(desk: Desk) -> None:
    desk.clock.now += 60_000
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-77", "shipping_country": "DE"}))
    seen = desk.call("backup restore ../copy --to ../old --only identity")
    assert "Moved to a region that is not known: 1 person; until an event says where they are, the rules" in seen.out
    back = desk.call("backup restore ../copy --to ../all")
    assert "sales, and moves between regions: whoever moved is under the rules of where they were until" in back.out


def test_one_compartment_that_ended_ends_again_and_the_others_stay(desk: Desk) -> None:
    person = desk.person()
    hint = desk.call(f"request open {person} --compartment nope", json=True).error["message"]
    name = next(one for one in hint.split("one of ")[1].split(", got")[0].split(", ") if one.startswith("transactions"))
    opened = desk.call(["request", "open", person, "--compartment", name], json=True).value
    assert desk.call(f"request fulfil {opened['request']} --now --yes").code == 0
    seen = desk.call("backup restore ../copy --to ../back", json=True).value
    assert seen["replayed"]["compartments"] == seen["replayed"]["keys"] == 1
    assert desk.call(f"-C ../back person show {person} --as support").code == 0


def _journals(desk: Desk) -> list[Path]:
    return [path for path in desk.folder.rglob("*destroyed.jsonl") if path.is_file()]


def test_without_its_journal_no_house_is_brought_back_and_nothing_is_left_of_it(desk: Desk) -> None:
    _erase(desk)
    for path in _journals(desk):
        path.unlink()
    refused = desk.call("backup restore ../copy --to ../back", json=True)
    assert refused.code == OUTCOMES[Unavailable].exit_code
    assert refused.error["message"].startswith("journal: expected every destroyed key in it, got none that begins")
    assert "--without-journal" in refused.error["hint"]
    assert list((desk.folder / "back").iterdir()) == []


def test_a_journal_that_lacks_what_the_house_knows_to_be_destroyed_is_none(desk: Desk) -> None:
    begun = {path: path.read_bytes() for path in _journals(desk)}
    _erase(desk)
    assert desk.call("backup create ../later").code == 0
    for path, raw in begun.items():
        path.write_bytes(raw)
    refused = desk.call("backup restore ../later --to ../back", json=True)
    assert "of the house's own" in refused.error["message"]


def test_a_house_that_lost_its_journal_shows_and_sends_nothing_until_somebody_accepts_it(desk: Desk) -> None:
    person = _erase(desk)
    for path in _journals(desk):
        path.unlink()
    seen = desk.call("backup restore ../copy --to ../back --without-journal", json=True).value
    assert seen["replayed"]["shut"] is True
    [entry] = desk.call("-C ../back ledger log --kind restore", json=True).value
    assert entry["body"]["shut"] is True
    shut = desk.call(f"-C ../back person reveal {person} --as support --reason 'call back'", json=True)
    assert shut.error["hint"].endswith("accept restore")
    assert desk.call("-C ../back person find email -", typed="bo@x.example\n").code == shut.code
    assert desk.call("-C ../back accept restore --yes").code == 0
    assert EMAIL in desk.call(f"-C ../back person reveal {person} --as support --reason 'call back'").out
    [accepted] = desk.call("-C ../back ledger log --kind acceptance", json=True).value
    assert accepted["body"]["what"] == "restore"
    assert desk.call("-C ../back accept restore --yes").code == OUTCOMES[NotFound].exit_code
    # The journal that began in its place is not taken for the lost one.
    assert desk.call("backup restore ../copy --to ../again").code == OUTCOMES[Unavailable].exit_code


def test_a_journal_that_is_found_is_followed_though_it_was_said_to_be_lost_and_that_is_told(desk: Desk) -> None:
    person = _erase(desk)
    line = "backup restore ../copy --without-journal --to"
    told = "The whole journal was found and followed: --without-journal was not needed, and the house may be read."
    assert told in desk.call(f"{line} ../back").out.splitlines()
    assert "was erased" in desk.call(f"-C ../back person show {person}").err
    seen = desk.call(f"{line} ../again", json=True).value
    assert (seen["whole_journal"], seen["replayed"]["shut"], seen["replayed"]["persons"]) == (True, False, 1)
    assert "--without-journal" not in desk.call("backup restore ../copy --to ../once-more").out
    for path in _journals(desk):
        path.unlink()
    lost = desk.call(f"{line} ../lost")
    assert "not needed" not in lost.out
    assert "accept restore" in lost.out


def test_a_copy_that_was_changed_is_not_brought_back(desk: Desk) -> None:
    file = desk.folder / "copy" / "record.db"
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    assert desk.call("backup restore ../copy --to ../back").code == 7


def test_a_backup_holds_no_address_and_no_root(desk: Desk) -> None:
    files = sorted(path.name for path in (desk.folder / "copy").iterdir())
    assert files == ["identity.db", "lockhouse.toml", "manifest.json", "record.db"]
    assert all(EMAIL.encode() not in path.read_bytes() for path in (desk.folder / "copy").iterdir())
    assert all(path.stat().st_mode & 0o077 == 0 for path in (desk.folder / "copy").iterdir())


def test_a_backup_is_noted_with_what_it_holds(desk: Desk) -> None:
    manifest = backup.parse_manifest((desk.folder / "copy" / "manifest.json").read_bytes())
    [entry] = desk.call("ledger log --kind backup", json=True).value
    assert entry["body"]["backup"] == manifest.backup
    assert entry["body"]["size"] == manifest.size


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff", b'{"version": 2}'])
def test_a_manifest_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        backup.parse_manifest(raw)


def test_a_manifest_without_a_store_is_refused(desk: Desk) -> None:
    manifest = backup.parse_manifest((desk.folder / "copy" / "manifest.json").read_bytes())
    short = msgspec.structs.replace(manifest, files={"record": manifest.files["record"]})
    with pytest.raises(Invalid):
        backup.parse_manifest(msgspec.json.encode(short))


async def test_a_file_that_is_no_database_is_no_copy(tmp_path: Path) -> None:
    from lockhouse.wiring import copies  # noqa: PLC0415  # only here

    (tmp_path / "record.db").write_bytes(b"not a database, but long enough to be asked" * 100)
    (tmp_path / "to").mkdir()
    with pytest.raises((Unavailable, Tampered)):
        await copies().take(tmp_path, "record", tmp_path / "to")
