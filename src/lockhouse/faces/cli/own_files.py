"""Where a command line keeps its session: a file of one user's own, per house, that nobody else reads.

It lies under that user's state folder and never in the house, whose files a group may share. What others could read or
write, or what is another's, is not believed: it may have been read, or put there.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import Invalid, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN = 0o600
_OTHERS = 0o077
_MAX = 4_096


def session_file(environment: Mapping[str, str], house: str) -> Path | None:
    """The file of the session of this house; None where the environment names no home.

    Args:
        environment: `XDG_STATE_HOME`, else `HOME`, says where.
        house: its id.
    """
    state = environment.get("XDG_STATE_HOME", "")
    home = environment.get("HOME", "")
    if not state.startswith("/"):  # XDG Base Directory: a relative one is to be ignored
        if not home.startswith("/"):
            return None
        state = f"{home}/.local/state"
    return Path(state) / "lockhouse" / house / "session"


def keep(place: Path, secret: str) -> None:
    """The secret lies in this file, which its user alone reads; whatever lay there is gone.

    Raises:
        OSError: the folder is not to be written.
    """
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        beside.unlink()
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _OWN)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(secret)
        stream.flush()
        os.fsync(handle)
    beside.replace(place)


def kept(place: Path, *, where: str) -> str | None:
    """The secret in a file of this user's own; None if there is no such file.

    Raises:
        Refused: it is another user's, or others may read or write it.
        Invalid: it is no file, or holds no such text.
    """
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as err:
        raise Invalid(where, "a file of this user's own, and no link", got="another") from err
    with os.fdopen(handle, "rb") as stream:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode):
            raise Invalid(where, "a file of this user's own, and no link", got="another")
        if seen.st_uid != os.getuid() or seen.st_mode & _OTHERS:
            raise Refused(
                f"{where}: expected a file that this user alone reads, got one that others may, or another's",
                reasons=("wide-file",), hint="take it away, end its session in the console, and sign in again",
            )  # fmt: skip
        raw = stream.read(_MAX + 1)
    try:
        text = raw.decode("ascii").strip()
    except UnicodeDecodeError as err:
        raise Invalid(where, "one line of text", got="something else") from err
    if not text or len(raw) > _MAX or not text.isprintable():
        raise Invalid(where, "one line of text", got="something else")
    return text


def drop(place: Path) -> None:
    """The file is gone."""
    with suppress(FileNotFoundError):
        place.unlink()
