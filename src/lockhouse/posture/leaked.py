"""Whether the file of leaked passwords can be asked, where one is named."""

from __future__ import annotations

import shlex
from typing import Literal

import msgspec

PAGE = "docs/operations/staff.md#leaked-passwords"
_GB = 10**9


class LeakedSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The file as it stands.

    Attributes:
        path: as the settings have it; empty: none is named. `size`: bytes. `fault`: why it cannot be asked, or empty.
    """

    path: str = ""
    size: int = 0
    fault: str = ""


def standing(seen: LeakedSeen) -> tuple[Literal["PASS", "FAIL"], str, str]:
    """State, sentence and mend. A house without such a file is fine."""
    if not seen.path:
        return "PASS", f"No list of leaked passwords is set ({PAGE}).", ""
    if seen.fault:
        told = f"Nobody can choose a password: {seen.fault}."
        return "FAIL", told, f"LC_ALL=C sort --check {shlex.quote(seen.path)} says where; {PAGE} how it is made"
    return "PASS", f"Passwords in the list of leaked ones ({seen.size / _GB:.1f} GB) are refused.", ""
