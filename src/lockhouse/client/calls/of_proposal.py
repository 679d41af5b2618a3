"""What is asked of a house about: proposal. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class ProposalCalls(Caller):
    """Routes of proposal."""

    def proposal_list(self, asked: shapes.ProposalsAsked | None = None) -> shapes.ProposalList:
        """Pairs of source persons who may be one, the newest first, of half a year."""
        return self.ask(shapes.ProposalList, Wanted("GET", ("proposal",)), query=asked)

    def proposal_compare(self, asked: shapes.PairAsked) -> shapes.Compared:
        """Which further fields of the two agree, and which differ. It is noted; no value is told."""
        return self.ask(shapes.Compared, Wanted("POST", ("proposal", "compare"), once=True), body=asked)

    def proposal_accept(self, asked: shapes.PairAsked) -> shapes.PersonsLinked:
        """The two are one: they are shown and erased together from now on."""
        return self.ask(shapes.PersonsLinked, Wanted("POST", ("proposal", "accept"), once=True), body=asked)

    def proposal_refuse(self, asked: shapes.PairAsked) -> shapes.ProposalRefused:
        """The two are not one: they are not proposed any more."""
        return self.ask(shapes.ProposalRefused, Wanted("POST", ("proposal", "refuse"), once=True), body=asked)
