"""What is asked of a house about: why. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class WhyCalls(Caller):
    """Routes of why."""

    def why(self, asked: shapes.WhyAsked) -> shapes.WhyShown:
        """What became of one message, and why; never its values."""
        return self.ask(shapes.WhyShown, Wanted("POST", ("why",)), body=asked)
