"""What is asked of a house about: mail. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class MailCalls(Caller):
    """Routes of mail."""

    def mail_list(self) -> shapes.MailList:
        """The house's own mail that is not sent: kinds and tries, never to whom or what it says."""
        return self.ask(shapes.MailList, Wanted("GET", ("mail",)))

    def mail_retry(self, asked: shapes.MailAsked) -> shapes.MailRetried:
        """Let mail that was given up wait again, and try at once what waits."""
        return self.ask(shapes.MailRetried, Wanted("POST", ("mail", "retry"), once=True), body=asked)
