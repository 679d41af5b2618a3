"""What is asked of a house about: grant. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class GrantCalls(Caller):
    """Routes of grant."""

    def grant_list(self) -> shapes.GrantList:
        """Every grant of a member of staff: what waits, what is open, what is to be reviewed."""
        return self.ask(shapes.GrantList, Wanted("GET", ("grant",)))

    def grant_show(self, grant: str) -> shapes.GrantShown:
        """One grant."""
        return self.ask(shapes.GrantShown, Wanted("GET", ("grant", grant)))

    def grant_end(self, grant: str) -> shapes.GrantShown:
        """End a grant at once, in every process. People ask for another."""
        return self.ask(shapes.GrantShown, Wanted("POST", ("grant", grant, "end"), once=True), body=shapes.Nothing())

    def grant_recorded(self) -> shapes.FactList:
        """Every fact that was vouched for, by whom and until when."""
        return self.ask(shapes.FactList, Wanted("GET", ("fact",)))
