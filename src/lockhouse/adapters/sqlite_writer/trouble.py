"""What a writer cannot write at the moment: said once when it begins and once when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.errors import LockhouseError

    Tell = Callable[[str, LockhouseError | None], None]


class Trouble:
    """Remembers what is known already: a full disk fails a hundred groups a second and is told of once."""

    def __init__(self, tell: Tell | None = None) -> None:
        """With a `tell` that hears what (`changes`, `ledger`) and why, and None for the error when it is over."""
        self._tell = tell
        self._known: dict[str, str] = {}

    def begins(self, what: str, error: LockhouseError) -> None:
        """It could not be written just now."""
        if self._known.get(what) != error.text:
            self._known[what] = error.text
            self._say(what, error)

    def ends(self, what: str) -> None:
        """It was written just now."""
        if self._known and self._known.pop(what, None) is not None:
            self._say(what, None)

    def _say(self, what: str, error: LockhouseError | None) -> None:
        if self._tell is not None:
            self._tell(what, error)
