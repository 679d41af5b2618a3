"""What is asked of a house about: ledger. Written by `python -m tests.client.made` from the routes."""

from __future__ import annotations

from lockhouse.client import shapes
from lockhouse.client.caller import Caller, Wanted


class LedgerCalls(Caller):
    """Routes of ledger."""

    def ledger_log(self, asked: shapes.EntriesAsked | None = None) -> shapes.EntryPage:
        """Ledger entries, the newest first, a page at a time."""
        return self.ask(shapes.EntryPage, Wanted("GET", ("ledger",)), query=asked)

    def ledger_checkpoint(self) -> shapes.CheckpointShown:
        """Sign the log as it stands now."""
        return self.ask(shapes.CheckpointShown, Wanted("GET", ("ledger", "checkpoint")))

    def ledger_prove(self, entry: str) -> shapes.ProofShown:
        """An entry with its place in the tree, under a fresh checkpoint."""
        return self.ask(shapes.ProofShown, Wanted("GET", ("ledger", entry, "proof")))

    def ledger_show(self, entry: str) -> shapes.EntryWhole:
        """One entry, with what lies beside it of a look until its person is erased."""
        return self.ask(shapes.EntryWhole, Wanted("GET", ("ledger", entry)))
