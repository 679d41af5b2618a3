"""Where the port of leaked passwords meets a file of the operator's, by the settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhouse.adapters.leaked_file import LeakedFile
from lockhouse.errors import Unavailable
from lockhouse.posture.leaked import LeakedSeen
from lockhouse.settings import load

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.settings import Settings


def leaked_of(chosen: Settings, folder: Path) -> LeakedFile | None:
    """The file of these settings, in the house's folder where its path is relative; None where none is named."""
    return LeakedFile(folder / chosen.leaked_passwords) if chosen.leaked_passwords else None


def leaked_seen(folder: Path) -> LeakedSeen:
    """How the file stands that the settings of the house in this folder name.

    Raises:
        Invalid: a setting is wrong.
    """
    chosen = load(folder, os.environ)
    file = leaked_of(chosen, folder)
    if file is None:
        return LeakedSeen()
    try:
        return LeakedSeen(path=chosen.leaked_passwords, size=file.examine())
    except Unavailable as error:
        return LeakedSeen(path=chosen.leaked_passwords, fault=error.text)


__all__ = ["leaked_of", "leaked_seen"]
