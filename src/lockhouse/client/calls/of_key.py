"""What is asked of a house about: key. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class KeyCalls(Caller):
    """Routes of key."""

    def key_status(self) -> shapes.KeyStatus:
        """How many keys of each kind there are, and how many were destroyed; never a key."""
        return self.ask(shapes.KeyStatus, Wanted("GET", ("key",)))
