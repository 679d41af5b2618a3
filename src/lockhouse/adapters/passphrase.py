"""The file that holds the passphrase of a root key file: read, if nobody but its owner can."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from lockhouse.errors import Invalid
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 4_096
_OTHERS = 0o077


def read_passphrase(file: Path, *, where: str, least: int = 1) -> Secret:
    """The passphrase in a file, without the line's end.

    Args:
        file: to be read.
        where: the setting or option that names it.
        least: characters that it must have.

    Raises:
        Invalid: it cannot be read, others may read it too, or it is too short. The path is told: it is nobody's value.
    """
    try:
        with file.open("rb") as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            text = stream.read(MAX_BYTES).rstrip(b"\r\n")
    except OSError as err:
        hint = "bring it back from its copy, or set root_passphrase_file in lockhouse.toml to where it is"
        raise Invalid(where, f"a file that can be read at {file}", got="none", hint=hint) from err
    if mode & _OTHERS:
        hint = f"chmod 600 {file}, and ask who has read it"
        raise Invalid(where, f"a file that only its owner may read at {file}", got=f"mode {mode:04o}", hint=hint)
    if len(text.decode("utf-8", "replace")) < least:
        what = "a passphrase" if least == 1 else f"a passphrase of at least {least} characters"
        raise Invalid(where, f"{what} in {file}", got="a shorter one" if text else "an empty file")
    return Secret(text)
