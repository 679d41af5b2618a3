"""Which destruction journals a restore believes, and what it says of them: nobody should have to guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.errors import NotFound
from lockhouse.faces.cli.layout import clean, count, when
from lockhouse.wiring import is_restoring, journal_of

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.faces.cli.call import Call
    from lockhouse.flows.backup import Manifest
    from lockhouse.wiring import JournalFile


class Current(NamedTuple):
    """The journal of the house that `-C` names, or that the call is made in: its shipped file's name, and its files."""

    name: str
    files: list[JournalFile]


class Journals(NamedTuple):
    """What a restore has read.

    Attributes:
        files: that are believed.
        others: shipped files of lines begun since the backup that are not, and name keys that the first do not.
    """

    files: list[JournalFile]
    others: list[JournalFile]

    @property
    def serials(self) -> frozenset[bytes]:
        """Of every key that was destroyed."""
        return frozenset().union(*(one.serials for one in self.files))


def current_journal(call: Call) -> Current | None:
    """The journal of the house at hand, if there is one: of where it ships to now, whatever a backup's settings say.

    Raises:
        Tampered: a line is no journal line, or one is missing before it.
        Unavailable: a file cannot be read.
    """
    try:
        folder = call.folder()
    except NotFound:
        return None
    if is_restoring(folder):
        return None
    journal = journal_of(folder)
    return Current(journal.name, journal.files())


def read_journals(
    target: Path, manifest: Manifest, *, line: str | None, at_hand: Current | None, only: bool
) -> Journals:
    """The journal of the backup's line; of the house at hand; and of the line that was named.

    Of another line the house at hand is believed only if that began since the backup: else the two have lived side by
    side, and what ended in one says nothing of the other.

    Args:
        target: holds the backup's settings.
        manifest: of the backup.
        line: of which the journal is believed as well.
        at_hand: the journal of the house at hand.
        only: one of its stores becomes the restored house's.

    Raises:
        NotFound: the named line has no journal where the settings ship it to.
        Tampered: a line is no journal line, or one is missing before it.
    """
    own = journal_of(target, line=manifest.line)
    files = own.files()
    if line is not None:
        named = journal_of(target, line=line).files()
        if not named:
            raise NotFound("line: expected one with a journal where the backup's settings ship it to, got none")
        files += named
    if at_hand is not None and at_hand.name.startswith(f"{manifest.house}."):
        theirs = [one for one in at_hand.files if only or at_hand.name == own.name or one.began >= manifest.at]
        files += [one for one in theirs if one.path.resolve() not in {read.path.resolve() for read in files}]
    read = Journals(files, [])
    names = {one.path.name for one in files}
    since = [one for one in own.of_other_lines() if one.began >= manifest.at and one.path.name not in names]
    return read._replace(others=[one for one in since if not one.serials <= read.serials])


def told_of(read: Journals, *, cwd: Path) -> str:
    """Each file with how far it reaches, and what was not believed."""
    told = "".join(
        f"\nRead: {_shown(one, cwd)}, line {len(one.lines)} of {when(one.lines[-1].at)} is its last."
        for one in read.files
    )
    for one in read.others:
        told += (
            f"\nNot believed: {_shown(one, cwd)}, of a house begun since that backup; it names "
            f"{count(len(one.serials - read.serials), 'key')} more, until {when(one.lines[-1].at)}. If that was the "
            f"house in use, and no trial, restore again with --line {one.path.name.split('.')[1]}"
        )
    return told


def value_of(read: Journals) -> list[dict[str, object]]:
    """The same for a program."""
    return [{"file": str(one.path), "lines": len(one.lines), "last": one.lines[-1].at} for one in read.files]


def _shown(file: JournalFile, cwd: Path) -> str:
    path = file.path.resolve()
    return clean(path.relative_to(cwd.resolve()) if path.is_relative_to(cwd.resolve()) else path)
