"""What is asked of a house about: request. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class RequestCalls(Caller):
    """Routes of request."""

    def request_list(self) -> shapes.CaseList:
        """Every request and ending, and how far it has come."""
        return self.ask(shapes.CaseList, Wanted("GET", ("request",)))

    def request_open(self, asked: shapes.OpenAsked) -> shapes.CaseOpened:
        """Open a request: the person is shut in every process at once.

        And destroyed after a cooling time.
        """
        return self.ask(shapes.CaseOpened, Wanted("POST", ("request",), once=True), body=asked)

    def request_show(self, request: str) -> shapes.CaseWhole:
        """One request, and how far it has come."""
        return self.ask(shapes.CaseWhole, Wanted("GET", ("request", request)))

    def request_cancel(self, request: str) -> shapes.CaseCancelled:
        """Undo a request that is only shut: what it shut is readable again."""
        return self.ask(
            shapes.CaseCancelled, Wanted("POST", ("request", request, "cancel"), once=True), body=shapes.Nothing()
        )

    def request_asked(self) -> shapes.PassedOnList:
        """What providers passed on of customers and shops, to be answered by staff."""
        return self.ask(shapes.PassedOnList, Wanted("GET", ("asked",)))

    def request_settle(self, passed: str, asked: shapes.SettleAsked) -> shapes.PassedOn:
        """Say that what a provider passed on is answered, and how. It does nothing else."""
        return self.ask(shapes.PassedOn, Wanted("POST", ("asked", passed, "settle"), once=True), body=asked)

    def request_fulfil(self, request: str) -> shapes.CaseFulfilled:
        """Destroy the keys of a request whose cooling time has passed; nothing brings the data back."""
        return self.ask(
            shapes.CaseFulfilled, Wanted("POST", ("request", request, "fulfil"), once=True), body=shapes.Nothing()
        )

    def request_certificate(self, request: str) -> shapes.Certificate:
        """The certificate of a fulfilled request. It verifies without this house."""
        return self.ask(shapes.Certificate, Wanted("GET", ("request", request, "certificate")))
