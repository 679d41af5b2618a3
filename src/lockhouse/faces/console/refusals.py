"""What the console says when it does not do what was asked: what happened, what can be done, and the code.

The words are those of the table of outcomes, in the reader's language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.console.rendering import Page, response
from lockhouse.faces.console.turned import Aged, Turned
from lockhouse.faces.outcomes import CODES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import HTMLResponse
_ITS_OWN = "LH-3"
"""Codes that only the console answers with."""


async def turned(request: Request, error: Exception) -> HTMLResponse:
    """The page that such a request gets."""
    if isinstance(error, Aged):
        return renewed(request, error)
    return refused(request, error.code if isinstance(error, Turned) else "LH-5000")


def renewed(request: Request, aged: Aged) -> HTMLResponse:
    """The form anew, with what of it was no secret: nothing was done, and its button is pressed once more."""
    values = {"action": request.url.path, "fields": aged.fields, "whole": aged.whole}
    return response(request, Page(template="renewed.html", values=values, status=CODES[aged.code].status))


def refused(request: Request, code: str, *, incident: str = "") -> HTMLResponse:
    """The page of an outcome code.

    Args:
        request: that is refused.
        code: of the table.
        incident: the number under which the log tells more.
    """
    answer = CODES[code]
    change = answer.change if code.startswith(_ITS_OWN) else ""  # of others the table tells senders and operators
    values = {"code": code, "sentence": answer.sentence, "change": change, "incident": incident}
    return response(request, Page(template="refused.html", values=values, status=answer.status))
