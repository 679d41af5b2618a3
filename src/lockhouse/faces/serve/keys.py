"""The write keys of recipients: one file each in the house folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

KEYS = "recipients"
_OTHERS = 0o077


def key_file(recipient: str) -> str:
    """Where a recipient's write key is looked for, in the house folder."""
    return f"{KEYS}/{recipient}.key"


def write_key(folder: Path, recipient: str) -> str:
    """The write key of a recipient: one line in `recipients/NAME.key` of the house folder, mode 0600.

    Raises:
        Unavailable: there is none, it is empty, or others can read it.
    """
    file = folder / key_file(recipient)
    hint = f"write it to {key_file(recipient)} in the house folder, mode 0600"
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as err:
        raise Unavailable("recipient: expected a file with its write key, got none", hint=hint) from err
    if mode & _OTHERS:
        raise Unavailable("recipient: expected a key file of mode 0600, got one that others can read", hint=hint)
    if not text:
        raise Unavailable("recipient: expected a write key, got an empty file", hint=hint)
    return text
