"""What is asked of a house about: hold. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class HoldCalls(Caller):
    """Routes of hold."""

    def hold_list(self) -> shapes.HoldList:
        """Every legal hold, also the released ones."""
        return self.ask(shapes.HoldList, Wanted("GET", ("hold",)))

    def hold_place(self, asked: shapes.HoldAsked) -> shapes.HoldPlaced:
        """Keep what is held of persons for a claim alone, whatever ends meanwhile."""
        return self.ask(shapes.HoldPlaced, Wanted("POST", ("hold",), once=True), body=asked)

    def hold_show(self, hold: str) -> shapes.HoldShown:
        """One hold: why, of whom, of what, and by whom."""
        return self.ask(shapes.HoldShown, Wanted("GET", ("hold", hold)))

    def hold_review(self, hold: str, asked: shapes.ReviewAsked) -> shapes.HoldShown:
        """Say that a hold was looked at and stands on, until it is looked at again."""
        return self.ask(shapes.HoldShown, Wanted("POST", ("hold", hold, "review"), once=True), body=asked)

    def hold_release(self, hold: str, asked: shapes.ReleaseAsked) -> shapes.HoldShown:
        """Destroy a hold's key: what has ended meanwhile is gone with it."""
        return self.ask(shapes.HoldShown, Wanted("POST", ("hold", hold, "release"), once=True), body=asked)

    def hold_read(self, hold: str, asked: shapes.HeldAsked) -> shapes.HeldShown:
        """What a hold keeps of one of its persons, for its claim. Noted before it is opened."""
        return self.ask(shapes.HeldShown, Wanted("POST", ("hold", hold, "read")), body=asked)
