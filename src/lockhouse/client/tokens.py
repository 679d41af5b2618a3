"""Where a token comes from: a variable or a file, and no word of a command line, which others of the host can read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from lockhouse.errors import Invalid, Unproven
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "LOCKHOUSE_TOKEN"
FILE: Final = "LOCKHOUSE_TOKEN_FILE"
MAX_BYTES = 512


def token_of(environment: Mapping[str, str]) -> Secret:
    """The token that the surroundings name: of `LOCKHOUSE_TOKEN`, else of the file that `LOCKHOUSE_TOKEN_FILE` names.

    Raises:
        Unproven: they name none.
        Invalid: the file cannot be read, or is none of a token.
    """
    text = environment.get(VARIABLE, "")
    if text:
        return Secret(text.strip().encode())
    named = environment.get(FILE, "")
    if not named:
        raise Unproven(
            f"token: expected one in {VARIABLE}, or in the file that {FILE} names, got none",
            hint="lockhouse token create NAME, on the house's machine, prints one",
        )
    try:
        with Path(named).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as err:
        raise Invalid(FILE, "a file that this user may read", got="none") from err
    if len(raw) > MAX_BYTES:
        raise Invalid(FILE, "a file with a token and nothing else", got="more")
    return Secret(raw.strip())
