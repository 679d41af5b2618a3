"""What is asked of a house about: recipient. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class RecipientCalls(Caller):
    """Routes of recipient."""

    def recipient_list(self) -> shapes.RecipientList:
        """Every recipient, and what waits for it."""
        return self.ask(shapes.RecipientList, Wanted("GET", ("recipient",)))

    def recipient_show(self, recipient: str) -> shapes.RecipientWhole:
        """One recipient: what it may have, under which contract, and what waits for it."""
        return self.ask(shapes.RecipientWhole, Wanted("GET", ("recipient", recipient)))

    def recipient_replay(self, recipient: str) -> shapes.Requeued:
        """Let a recipient's dead letters wait again, the oldest first."""
        return self.ask(
            shapes.Requeued, Wanted("POST", ("recipient", recipient, "replay"), once=True), body=shapes.Nothing()
        )
