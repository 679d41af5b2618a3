"""What is asked of a house about: suppression. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class SuppressionCalls(Caller):
    """Routes of suppression."""

    def suppression_list(self) -> shapes.SuppressionList:
        """Every suppression by kind, purposes and reason."""
        return self.ask(shapes.SuppressionList, Wanted("GET", ("suppression",)))

    def suppression_add(self, asked: shapes.SuppressAsked) -> shapes.Suppressed:
        """Keep an identifier from being collected again."""
        return self.ask(shapes.Suppressed, Wanted("POST", ("suppression",), once=True), body=asked)

    def suppression_remove(self, asked: shapes.LiftAsked) -> shapes.Lifted:
        """Lift a suppression; who did and why is noted."""
        return self.ask(shapes.Lifted, Wanted("POST", ("suppression", "remove"), once=True), body=asked)
