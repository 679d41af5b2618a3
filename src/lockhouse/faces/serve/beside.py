"""What a house's folder and its other processes say, for whoever serves its API or asks it on its own machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable
from lockhouse.faces.serve.desk import ask_line
from lockhouse.faces.serve.keys import key_file, write_key
from lockhouse.faces.serve.roles import desk_of
from lockhouse.settings import collect_url

if TYPE_CHECKING:
    from lockhouse.model.policy import Recipient
    from lockhouse.model.ports import RootStatus
    from lockhouse.wiring import Opened


class HouseBeside:
    """See the module."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def key_of(self, recipient: Recipient) -> str:
        """Where the key that it is sent with lies, or what is wrong with it: without it everything waits."""
        if not recipient.served:
            return "-"
        try:
            write_key(self._opened.folder, recipient.name)
        except Unavailable as wrong:
            return f"{wrong.text}; {wrong.hint}"
        return key_file(recipient.name)

    def address(self) -> str:
        """Where senders reach the collect listener."""
        return collect_url(self._opened.settings)

    async def works(self) -> bool:
        """Whether the house's worker runs: it alone sends."""
        try:
            await ask_line(desk_of(self._opened.folder, "work"), "state")
        except Unavailable:
            return False
        return True

    async def root(self) -> RootStatus:
        """Which generations of the root key are there."""
        return await self._opened.root.status()
