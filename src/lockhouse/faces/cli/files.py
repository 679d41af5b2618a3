"""Files that a command is given or writes; what it writes is new and readable by its owner alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhouse.errors import Invalid
from lockhouse.faces.cli.layout import clean
from lockhouse.policy.reading import looks_personal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def named(file: Path) -> str:
    """A path as an error may repeat it: as it was typed, unless a person's value was typed in its place."""
    return "the path that was typed" if looks_personal(str(file)) else clean(file)


def write_new(file: Path, parts: Iterable[bytes]) -> Path:
    """A new file with these bytes, mode 0600.

    Raises:
        Invalid: it exists, or its folder does not.
    """
    with_mode = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        handle = os.open(file, with_mode, 0o600)
    except FileExistsError as err:
        raise Invalid("file", "a file that does not exist yet", got="one that does", hint="choose another") from err
    except OSError as err:
        raise Invalid("file", "a new file in a folder that can be written", got="another place") from err
    with os.fdopen(handle, "wb") as stream:
        for part in parts:
            stream.write(part)
        stream.flush()
        os.fsync(handle)
    return file
