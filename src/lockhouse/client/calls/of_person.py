"""What is asked of a house about: person. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class PersonCalls(Caller):
    """Routes of person."""

    def person_find(self, asked: shapes.FindAsked) -> shapes.PersonsFound:
        """Find people by an identifier or a look-up. The value stands in the body, never in a URL."""
        return self.ask(shapes.PersonsFound, Wanted("POST", ("person", "find")), body=asked)

    def person_show(self, person: str, asked: shapes.LookAsked | None = None) -> shapes.PersonShown:
        """One person, masked. The look is noted."""
        return self.ask(shapes.PersonShown, Wanted("GET", ("person", person)), query=asked)

    def person_timeline(self, person: str, asked: shapes.TimelineAsked | None = None) -> shapes.TimelineShown:
        """A person's records, the newest page first. The look is noted."""
        return self.ask(shapes.TimelineShown, Wanted("GET", ("person", person, "timeline")), query=asked)

    def person_reveal(self, person: str, asked: shapes.RevealAsked) -> shapes.PersonShown:
        """One person, unmasked as far as role and reason allow; what asks for a step-up stays masked."""
        return self.ask(shapes.PersonShown, Wanted("POST", ("person", person, "reveal")), body=asked)

    def person_change(self, person: str, asked: shapes.ChangeAsked) -> shapes.Changed:
        """Put right a field of a person, on their word; undone within thirty days. It is noted."""
        return self.ask(shapes.Changed, Wanted("POST", ("person", person, "change"), once=True), body=asked)

    def person_change_undo(self, person: str, asked: shapes.UndoAsked) -> shapes.ChangeUndone:
        """Take the newest change of a field back: what was held before is held again. It is noted."""
        return self.ask(
            shapes.ChangeUndone, Wanted("POST", ("person", person, "change", "undo"), once=True), body=asked
        )

    def person_explain(self, person: str, field: str, asked: shapes.LookAsked | None = None) -> shapes.ExplainShown:
        """Why a field of a person is open, masked or shut. The look is noted."""
        return self.ask(shapes.ExplainShown, Wanted("GET", ("person", person, "explain", field)), query=asked)

    def person_link(self, person: str, asked: shapes.OtherAsked) -> shapes.PersonsLinked:
        """Say that two source persons are one: they are shown and erased together."""
        return self.ask(shapes.PersonsLinked, Wanted("POST", ("person", person, "link"), once=True), body=asked)

    def person_unlink(self, person: str, asked: shapes.OtherAsked) -> shapes.PersonsUnlinked:
        """Undo that two source persons are one; every record goes back to whose it was."""
        return self.ask(shapes.PersonsUnlinked, Wanted("POST", ("person", person, "unlink"), once=True), body=asked)

    def person_looked(self, person: str, asked: shapes.LooksAsked | None = None) -> shapes.LooksShown:
        """Who looked at a person, the newest looks first. Asking is a look too, and noted."""
        return self.ask(shapes.LooksShown, Wanted("GET", ("person", person, "looked")), query=asked)

    def person_check(self, person: str, asked: shapes.CheckAsked) -> shapes.Checked:
        """Whether a field is what somebody says: yes or no, noted, and nothing of it is told."""
        return self.ask(shapes.Checked, Wanted("POST", ("person", person, "check")), body=asked)

    def person_flag(self, person: str, asked: shapes.FlagAsked) -> shapes.FlagShown:
        """Watch over a person: only some roles see them from now on, or a grant.

        People end it, not tokens.
        """
        return self.ask(shapes.FlagShown, Wanted("POST", ("person", person, "flag"), once=True), body=asked)

    def person_flagged(self) -> shapes.FlagList:
        """Everybody who is watched over, by id."""
        return self.ask(shapes.FlagList, Wanted("GET", ("flagged",)))
