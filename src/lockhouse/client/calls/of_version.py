"""What is asked of a house about: version. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class VersionCalls(Caller):
    """Routes of version."""

    def version(self) -> shapes.Version:
        """Which Lockhouse this is."""
        return self.ask(shapes.Version, Wanted("GET", ("version",)))
