"""The API as the console's listener carries it: behind the same guard, with its own authorisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Mount

from lockhouse.faces.api.app import Api
from lockhouse.faces.api.authority import Door
from lockhouse.faces.api.limits import Limiter, Most
from lockhouse.faces.api.route import PREFIX, Desk
from lockhouse.faces.collect.peer import forwarded_for, networks, sender_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import Scope


def mounted(
    desk: Desk,
    *,
    trusted_proxies: Sequence[str],
    on_incident: Callable[[str, BaseException], None],
    processes: int = 1,
) -> Mount:
    """Where the API is found.

    Args:
        desk: the house.
        trusted_proxies: networks whose X-Forwarded-For is believed.
        on_incident: hears of a fault of our own, by the number that its reader was told.
        processes: that serve it beside each other, this one among them.
    """
    trusted = networks(trusted_proxies)

    def network_of(scope: Scope) -> str | None:
        if not scope.get("client"):
            return None
        address = sender_address(scope["client"][0], forwarded_for(scope["headers"]), trusted)
        return None if address is None else str(address)

    limiter = Limiter(Most().part(processes), desk.house.clock.monotonic_s)
    return Mount(PREFIX, app=Api(desk, Door(limiter, network_of), on_incident=on_incident))
