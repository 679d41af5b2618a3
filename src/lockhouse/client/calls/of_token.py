"""What is asked of a house about: token. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class TokenCalls(Caller):
    """Routes of token."""

    def token_list(self) -> shapes.TokenList:
        """Every token: what it may, until when, when last used."""
        return self.ask(shapes.TokenList, Wanted("GET", ("token",)))

    def token_create(self, asked: shapes.TokenAsked) -> shapes.TokenMade:
        """Make a token, with no more than the one that asks.

        Its text is in this answer and nowhere else.
        """
        return self.ask(shapes.TokenMade, Wanted("POST", ("token",)), body=asked)

    def token_show(self, token: str) -> shapes.TokenShown:
        """One token."""
        return self.ask(shapes.TokenShown, Wanted("GET", ("token", token)))

    def token_rotate(self, token: str, asked: shapes.RotateAsked) -> shapes.TokenMade:
        """Make a token of the same terms; the old one is taken beside it for a while."""
        return self.ask(shapes.TokenMade, Wanted("POST", ("token", token, "rotate")), body=asked)

    def token_revoke(self, token: str) -> shapes.TokenShown:
        """End a token for good; it is not undone, make another."""
        return self.ask(shapes.TokenShown, Wanted("POST", ("token", token, "revoke"), once=True), body=shapes.Nothing())
