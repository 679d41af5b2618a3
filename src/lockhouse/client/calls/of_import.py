"""What is asked of a house about: import. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class ImportCalls(Caller):
    """Routes of import."""

    def import_list(self) -> shapes.BatchList:
        """Every batch that was imported, and what became of its rows."""
        return self.ask(shapes.BatchList, Wanted("GET", ("import",)))

    def import_undo(self, batch: str, asked: shapes.UndoBatchAsked) -> shapes.BatchUndone:
        """Take a batch back: its records leave, and the ledger says so."""
        return self.ask(shapes.BatchUndone, Wanted("POST", ("import", batch, "undo"), once=True), body=asked)
