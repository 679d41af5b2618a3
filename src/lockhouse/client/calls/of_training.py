"""What is asked of a house about: training. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class TrainingCalls(Caller):
    """Routes of training."""

    def training_show(self) -> shapes.CourseList:
        """Every recorded course, who vouched for it and until when."""
        return self.ask(shapes.CourseList, Wanted("GET", ("training",)))
