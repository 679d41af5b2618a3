"""Which journals a restore believes: the backup's, as far as they reach, and that of the house at hand."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid, LockhouseError, NotFound
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

BO = "bo@x.example"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(*[("Order Completed", {"email": one}) for one in (EMAIL, BO)])
    return desk


def _erase(desk: Desk, person: str, house: str = "") -> None:
    desk.clock.now += 60_000
    case = desk.call(f"{house} request open {person}", json=True).value["request"]
    assert desk.call(f"{house} request fulfil {case} --now --yes").code == 0


def _shown(desk: Desk, house: str, person: str) -> bool:
    seen = desk.call(f"-C {house} person reveal {person} --as support --reason 'call back'")
    return "record, 20" in seen.out


def _ship_to(desk: Desk, name: str) -> None:
    (desk.folder / name).mkdir()
    file = desk.house / "lockhouse.toml"
    kept = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("journal_copy")]
    file.write_text("\n".join([*kept, f'journal_copy = "{desk.folder / name}"']) + "\n", "utf-8")


def test_a_journal_that_was_moved_after_the_backup_is_read_where_the_house_at_hand_ships_it(desk: Desk) -> None:
    persons = [desk.person(), desk.person(BO)]
    _ship_to(desk, "old")
    _erase(desk, persons[1])
    assert desk.call("backup create ../copy").code == 0
    _ship_to(desk, "new")
    _erase(desk, persons[0])
    seen = desk.call("backup restore ../copy --to ../back")
    assert (seen.code, _shown(desk, "../back", persons[0])) == (0, False)
    assert re.search(r"Read: .*/old/.*\.destroyed\.jsonl, line 2 of 2026-11-23 13:31Z is its last\.", seen.out)
    assert "Read: destroyed.jsonl, line 3 of 2026-11-23 13:32Z is its last." in seen.out
    assert re.search(r"Read: .*/new/.*\.destroyed\.jsonl, line 3 of", seen.out)
    # Where the house is not at hand, what was read says how far it reaches.
    away = desk.call("-C ../lost backup restore ../copy --to ../away", json=True).value["journals"]
    assert [(one["lines"], one["last"]) for one in away] == [(2, desk.clock.now - 60_000)]


def test_a_backup_of_before_the_house_was_restored_believes_the_house_that_went_on(desk: Desk) -> None:
    """Its own line ends with the house that was lost; what came after stands in another's journal."""
    person = desk.person()
    assert desk.call("backup create ../copy").code == 0
    assert desk.call("backup restore ../copy --to ../second").code == 0
    _erase(desk, person, "-C ../second")
    assert desk.call("-C ../second backup restore ../copy --to ../third").code == 0
    assert not _shown(desk, "../third", person)
    # Not at hand, it is named, and believed once somebody says that it was in use.
    seen = desk.call("-C ../lost backup restore ../copy --to ../fourth")
    assert _shown(desk, "../fourth", person)
    assert "Not believed: " in seen.out
    lines = set(re.findall(r"it names 9 keys more, until .* restore again with --line ([0-9a-f]{32})", seen.out))
    assert len(lines) == 2  # the third began with all of the second's
    for at, line in enumerate(sorted(lines)):
        assert desk.call(f"-C ../lost backup restore ../copy --to ../back{at} --line {line}").code == 0
        assert not _shown(desk, f"../back{at}", person)


def test_where_the_house_at_hand_is_a_trial_of_before_the_backup_it_is_not_believed(desk: Desk) -> None:
    person = desk.person()
    assert desk.call("backup create ../copy").code == 0
    assert desk.call("backup restore ../copy --to ../trial").code == 0
    _erase(desk, person, "-C ../trial")
    desk.clock.now += 60_000
    assert desk.call("backup create ../later").code == 0
    seen = desk.call("-C ../trial backup restore ../later --to ../back")
    assert (seen.code, "Not believed" in seen.out) == (0, False)
    assert _shown(desk, "../back", person)


def test_the_house_at_hand_may_be_another_house_or_one_whose_restore_stopped(desk: Desk) -> None:
    assert desk.call("backup create ../copy").code == 0
    assert desk.call(f"init {desk.folder / 'other'} --yes --demo --name Other --system shop:segment:secret").code == 0
    seen = desk.call("-C ../other backup restore ../copy --to ../back")
    assert (seen.code, "other" in seen.out) == (0, False)
    shutil.copytree(desk.folder / "other", desk.folder / "stopped")
    (desk.folder / "stopped" / "restoring").touch()
    assert desk.call("-C ../stopped backup restore ../copy --to ../again").code == 0


@pytest.mark.parametrize(("line", "error"), [("x", Invalid), ("00" * 16, NotFound)])
def test_a_line_that_is_none_is_refused_and_nothing_is_left(desk: Desk, line: str, error: type[LockhouseError]) -> None:
    assert desk.call("backup create ../copy").code == 0
    assert desk.call(f"backup restore ../copy --to ../back --line {line}").code == OUTCOMES[error].exit_code
    assert not [*(desk.folder / "back").glob("*")]
