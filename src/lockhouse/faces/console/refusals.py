"""What the console says when it does not do what was asked: what happened, what can be done, and the code.

The words are those of the table of outcomes, in the reader's language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.console.rendering import Page, response
from lockhouse.faces.console.turned import Turned
from lockhouse.faces.outcomes import CODES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import HTMLResponse
_ITS_OWN = "LH-3"
"""Codes that only the console answers with."""


async def turned(request: Request, error: Exception) -> HTMLResponse:
    """The page that such a request gets."""
    return refused(request, error.code if isinstance(error, Turned) else "LH-5000")


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
