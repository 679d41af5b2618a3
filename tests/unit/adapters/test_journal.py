"""The destruction journal."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from lockhouse.adapters.journal import BEGUN, Destroyed, Journal, read
from lockhouse.errors import Invalid, Tampered, Unavailable

SERIALS = [bytes([n]) * 8 for n in range(3)]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    (tmp_path / "elsewhere").mkdir()
    return Journal(tmp_path / "journal", ship_to=tmp_path / "elsewhere" / "journal")


def _said(path: Path) -> list[tuple[int, str]]:
    return [(line.at, line.cause) for line in read(path) or []]


def test_what_was_destroyed_stands_in_both_places_behind_the_beginning(journal: Journal, tmp_path: Path) -> None:
    journal.begin(at=5, cause=BEGUN)
    journal.append(SERIALS, cause="person", at=7)
    journal.append(SERIALS[:1], cause="epoch", at=9)
    first, second, third = (tmp_path / "journal").read_bytes().splitlines()
    assert read(tmp_path / "journal") == [
        Destroyed(2, 1, "00" * 32, 5, "begun", ()),
        Destroyed(2, 2, sha256(first).hexdigest(), 7, "person", tuple(serial.hex() for serial in SERIALS)),
        Destroyed(2, 3, sha256(second).hexdigest(), 9, "epoch", ("0" * 16,)),
    ]
    assert b'"n":3' in third
    assert read(tmp_path / "elsewhere" / "journal") == read(tmp_path / "journal")


def test_a_journal_that_never_was_is_told_from_one_that_names_nothing(journal: Journal, tmp_path: Path) -> None:
    assert read(tmp_path / "journal") is None
    journal.begin(at=5, cause=BEGUN)
    journal.begin(at=6)
    assert _said(tmp_path / "journal") == [(5, "begun")]


def test_only_a_journal_that_began_with_its_house_is_whole(journal: Journal, tmp_path: Path) -> None:
    assert journal.files() == []
    journal.append(SERIALS[:1], cause="person", at=1)
    assert [(file.serials, file.whole) for file in journal.files()] == [(frozenset(SERIALS[:1]), False)] * 2
    other = Journal(tmp_path / "other", ship_to=tmp_path / "elsewhere" / "other")
    other.begin(at=1, cause=BEGUN)
    (tmp_path / "other").unlink()
    other.append(SERIALS, cause="person", at=2)
    assert [(file.serials, file.whole) for file in other.files()] == [(frozenset(SERIALS), True)] * 2


def test_a_restored_houses_journal_begins_as_a_copy_of_all_that_it_was_restored_with(
    journal: Journal, tmp_path: Path
) -> None:
    """The two files need not say the same: one of the places was away for a while."""
    journal.begin(at=1, cause=BEGUN)
    journal.append(SERIALS[:1], cause="person", at=2)
    apart = (tmp_path / "journal").read_bytes()
    journal.append(SERIALS[1:2], cause="epoch", at=3)
    (tmp_path / "journal").write_bytes(apart)
    Journal(tmp_path / "journal", ship_to=tmp_path / "third").append(SERIALS[2:], cause="compartment", at=4)
    back = Journal(tmp_path / "back", ship_to=tmp_path / "elsewhere" / "back")
    back.follow(journal.files(), at=9)
    said = [(1, "begun"), (2, "person"), (4, "compartment"), (3, "epoch"), (9, "restored")]
    assert _said(tmp_path / "back") == _said(tmp_path / "elsewhere" / "back") == said
    assert [(file.serials, file.whole) for file in back.files()] == [(frozenset(SERIALS), True)] * 2
    back.append(SERIALS[:1], cause="person", at=10)
    assert [line.n for line in read(tmp_path / "back") or []] == [1, 2, 3, 4, 5, 6]
    assert _said(tmp_path / "journal")[-1] == (4, "compartment")


def test_a_house_restored_without_a_journal_has_one_that_says_so(journal: Journal, tmp_path: Path) -> None:
    journal.follow([], at=5)
    assert _said(tmp_path / "journal") == [(5, "lost"), (5, "restored")]


def test_a_journal_that_names_keys_in_use_is_told_from_a_good_one(journal: Journal, tmp_path: Path) -> None:
    journal.begin(at=1, cause=BEGUN)
    Journal(tmp_path / "other", ship_to=tmp_path / "elsewhere" / "journal").append(SERIALS, cause="person", at=2)
    here, shipped = journal.places([], SERIALS[:2])
    assert (here.fault, shipped.fault, shipped.living) == ("", "living", 2)
    assert journal.named() == frozenset(SERIALS)
    (tmp_path / "elsewhere" / "journal").write_bytes(b"nonsense\n")
    assert journal.named() == frozenset()


def test_a_new_place_gets_all_of_the_journal_before_a_line_is_added(journal: Journal, tmp_path: Path) -> None:
    journal.append(SERIALS[:1], cause="person", at=1)
    (tmp_path / "elsewhere" / "journal").unlink()
    journal.append(SERIALS[1:], cause="person", at=2)
    assert read(tmp_path / "elsewhere" / "journal") == read(tmp_path / "journal")
    assert _said(tmp_path / "journal") == [(1, "lost"), (1, "person"), (2, "person")]


def test_a_torn_last_line_is_left_out_and_does_not_spoil_the_next(journal: Journal, tmp_path: Path) -> None:
    journal.append(SERIALS[:1], cause="person", at=1)
    with (tmp_path / "journal").open("ab") as file:
        file.write(b'{"v":2,"n":3,"prev":"')
    assert _said(tmp_path / "journal") == [(1, "lost"), (1, "person")]
    journal.append(SERIALS[1:], cause="person", at=3)
    assert _said(tmp_path / "journal") == [(1, "lost"), (1, "person"), (3, "person")]


def test_a_torn_first_line_is_cut_too(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(b'{"v":1,"at"')
    journal.append(SERIALS, cause="person", at=3)
    assert _said(tmp_path / "journal") == [(3, "lost"), (3, "person")]


@pytest.mark.parametrize("line", [b"nonsense", b'{"v":1,"at":1,"cause":"c","serials":[]}', b'{"v":1}', b"\xff"])
def test_a_changed_line_is_tampering_and_nothing_is_destroyed_behind_it(
    journal: Journal, tmp_path: Path, line: bytes
) -> None:
    journal.append(SERIALS, cause="person", at=1)
    with (tmp_path / "journal").open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(Tampered) as caught:
        read(tmp_path / "journal")
    assert caught.value.hint.startswith("keep this file as evidence")
    with pytest.raises(Tampered):
        journal.append(SERIALS, cause="person", at=2)


@pytest.mark.parametrize("lost", range(1, 5))
def test_a_line_that_was_lost_or_changed_is_missed(journal: Journal, tmp_path: Path, lost: int) -> None:
    for at in range(4):
        journal.append(SERIALS[:1], cause="person", at=at)
    lines = (tmp_path / "journal").read_bytes().splitlines(keepends=True)
    for left in (
        lines[: lost - 1] + lines[lost:],
        [*lines[: lost - 1], lines[lost - 1].replace(b"00", b"01", 1), *lines[lost:]],
    ):
        (tmp_path / "journal").write_bytes(b"".join(left))
        with pytest.raises(Tampered, match="expected the line that follows, got another"):
            read(tmp_path / "journal")


def test_nothing_may_be_destroyed_that_cannot_be_shipped(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", ship_to=tmp_path / "no-such-folder" / "journal")
    with pytest.raises(Unavailable, match=r"^journal, shipped copy: expected a file that can be written") as caught:
        journal.append(SERIALS, cause="person", at=1)
    assert caught.value.hint == f"{tmp_path}/no-such-folder/journal: No such file or directory"


def test_a_journal_is_not_shipped_to_itself(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        Journal(tmp_path / "journal", ship_to=tmp_path / "." / "journal")


@pytest.mark.parametrize(
    ("serials", "got"), [([], "none"), ([b"short"], "one of another length"), ([os.urandom(8)] * 70_000, "1330143")]
)
def test_a_batch_of_no_serials_wrong_ones_or_too_many_is_invalid(
    journal: Journal, tmp_path: Path, serials: list[bytes], got: str
) -> None:
    with pytest.raises(Invalid, match=f"got {got}$"):
        journal.append(serials, cause="person", at=1)
    assert read(tmp_path / "journal") is None


def test_only_its_owner_reads_the_journal(journal: Journal, tmp_path: Path) -> None:
    journal.append(SERIALS, cause="person", at=1)
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600
