"""What is asked of a house about: consent. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class ConsentCalls(Caller):
    """Routes of consent."""

    def consent_show(self, person: str) -> shapes.WordList:
        """Everything a person said."""
        return self.ask(shapes.WordList, Wanted("GET", ("person", person, "consent")))

    def consent_record(self, person: str, asked: shapes.WordAsked) -> shapes.WordRecorded:
        """Record a person's word on a purpose; every decision reads it from now on."""
        return self.ask(shapes.WordRecorded, Wanted("POST", ("person", person, "consent"), once=True), body=asked)

    def consent_undo(self, asked: shapes.WordsAsked) -> shapes.WordsTakenBack:
        """Take back what an imported file said of consent: what stood before counts again."""
        return self.ask(shapes.WordsTakenBack, Wanted("POST", ("consent", "undo"), once=True), body=asked)
