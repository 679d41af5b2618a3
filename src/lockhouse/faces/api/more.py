"""More of the table of routes (`faces.api.table`): what moves a house, as the command line does."""

from __future__ import annotations

from lockhouse.faces.api import entries, shapes, words
from lockhouse.faces.api.route import Needs, Route


def _may(permission: str) -> Needs:
    return Needs("permission", permission)


MORE: tuple[Route, ...] = (
    Route(
        method="GET", path="/ledger/{entry}", name="ledger.show",
        about="One entry, with what lies beside it of a look until its person is erased.", needs=_may("ledger.read"),
        act=entries.show, answer=shapes.EntryWhole,
    ),
    Route(
        method="POST", path="/request/{request}/cancel", name="request.cancel",
        about="Undo a request that is only shut: what it shut is readable again.", needs=_may("request.cancel"),
        act=words.request_cancel, answer=shapes.CaseCancelled, body=shapes.Nothing, changes=True,
    ),
)  # fmt: skip
