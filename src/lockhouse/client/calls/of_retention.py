"""What is asked of a house about: retention. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class RetentionCalls(Caller):
    """Routes of retention."""

    def retention_plan(self) -> shapes.RetentionPlan:
        """Which months of collection end when, compartment by compartment. Changes nothing."""
        return self.ask(shapes.RetentionPlan, Wanted("GET", ("retention", "plan")))

    def retention_idle(self) -> shapes.IdleList:
        """Of how many persons data is due by their last activity.

        Reads every person, and changes nothing.
        """
        return self.ask(shapes.IdleList, Wanted("GET", ("retention", "idle")))
