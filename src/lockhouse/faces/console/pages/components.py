"""The parts that pages are made of, in every state; in a throw-away house alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from lockhouse.faces.console.current import shown, signed_in
from lockhouse.faces.console.turned import Turned

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me


@signed_in
async def components(request: Request, me: Me) -> Response:
    """Every part."""
    if not request.app.state.served.demo:
        raise Turned("LH-3004")
    return shown(request, me, "components.html", here="/components")


ROUTES = [Route("/components", components, name="components")]
