"""What is asked of a house about: insight. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class InsightCalls(Caller):
    """Routes of insight."""

    def insight_report(self, asked: shapes.ReportAsked | None = None) -> shapes.Report:
        """Events and people by channel or by event; small counts of people are withheld.

        The look is noted.
        """
        return self.ask(shapes.Report, Wanted("GET", ("insight", "report")), query=asked)
