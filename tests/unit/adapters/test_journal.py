"""The destruction journal."""

import os
from pathlib import Path

import pytest

from lockhouse.adapters.journal import Destroyed, Journal, read
from lockhouse.errors import Invalid, Tampered, Unavailable

SERIALS = [bytes([n]) * 8 for n in range(3)]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    (tmp_path / "elsewhere").mkdir()
    return Journal(tmp_path / "journal", ship_to=tmp_path / "elsewhere" / "journal")


def test_what_was_destroyed_stands_in_both_places(journal: Journal, tmp_path: Path) -> None:
    journal.append(SERIALS, cause="request", at=7)
    journal.append(SERIALS[:1], cause="expired", at=9)
    assert read(tmp_path / "journal") == [
        Destroyed(1, 7, "request", tuple(serial.hex() for serial in SERIALS)),
        Destroyed(1, 9, "expired", ("0" * 16,)),
    ]
    assert read(tmp_path / "elsewhere" / "journal") == read(tmp_path / "journal")


def test_a_journal_not_yet_written_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path / "journal") == []


def test_a_torn_last_line_is_left_out_and_does_not_spoil_the_next(journal: Journal, tmp_path: Path) -> None:
    journal.append(SERIALS[:1], cause="request", at=1)
    with (tmp_path / "journal").open("ab") as file:
        file.write(b'{"v":1,"at":2,"cause":"req')
    assert [line.at for line in read(tmp_path / "journal")] == [1]
    journal.append(SERIALS[1:], cause="request", at=3)
    assert [line.at for line in read(tmp_path / "journal")] == [1, 3]


def test_a_torn_first_line_is_cut_too(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(b'{"v":1,"at"')
    journal.append(SERIALS, cause="request", at=3)
    assert [line.at for line in read(tmp_path / "journal")] == [3]


@pytest.mark.parametrize("line", [b"nonsense\n", b'{"v":2,"at":1,"cause":"c","serials":[]}\n', b'{"v":1}\n', b"\xff\n"])
def test_a_changed_line_is_tampering(journal: Journal, tmp_path: Path, line: bytes) -> None:
    journal.append(SERIALS, cause="request", at=1)
    with (tmp_path / "journal").open("ab") as file:
        file.write(line)
    with pytest.raises(Tampered):
        read(tmp_path / "journal")


def test_nothing_may_be_destroyed_that_cannot_be_shipped(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", ship_to=tmp_path / "no-such-folder" / "journal")
    with pytest.raises(Unavailable, match=r"^journal, shipped copy: expected a file that can be written") as caught:
        journal.append(SERIALS, cause="request", at=1)
    assert caught.value.hint == f"{tmp_path}/no-such-folder/journal: No such file or directory"


def test_a_journal_is_not_shipped_to_itself(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        Journal(tmp_path / "journal", ship_to=tmp_path / "." / "journal")


@pytest.mark.parametrize(
    ("serials", "got"), [([], "none"), ([b"short"], "one of another length"), ([os.urandom(8)] * 70_000, "1330045")]
)
def test_a_batch_of_no_serials_wrong_ones_or_too_many_is_invalid(
    journal: Journal, tmp_path: Path, serials: list[bytes], got: str
) -> None:
    with pytest.raises(Invalid, match=f"got {got}$"):
        journal.append(serials, cause="request", at=1)
    assert read(tmp_path / "journal") == []


def test_only_its_owner_reads_the_journal(journal: Journal, tmp_path: Path) -> None:
    journal.append(SERIALS, cause="request", at=1)
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600
