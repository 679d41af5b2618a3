"""What is asked of a house about: hold. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class HoldCalls(Caller):
    """Routes of hold."""

    def hold_list(self) -> shapes.HoldList:
        """Every legal hold, also the released ones."""
        return self.ask(shapes.HoldList, Wanted("GET", ("hold",)))
