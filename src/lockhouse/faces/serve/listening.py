"""The console's second listener: `localhost` names two addresses, and browsers try `::1` first (RFC 6724 §2.1).

Whoever else listened there would be shown the console's cookie and its origin, so the house takes both or none.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from lockhouse.faces.serve.http import listen
from lockhouse.settings import address_of

if TYPE_CHECKING:
    from lockhouse.settings import Settings

CONSOLE_TOO: Final = "console-too"
"""What it is called among the listeners of a house."""
_V4, _V6 = "127.0.0.1", "::1"


def console_too(settings: Settings) -> socket.socket | None:
    """A listener on the other loopback address; None where the console is not `localhost`, or there is no other.

    Raises:
        Invalid: another program listens there.
    """
    if urlsplit(settings.console_url).hostname != "localhost":
        return None
    host, port = address_of(settings.listen_console, where="listen_console")
    other = _V4 if ":" in host else _V6
    return listen(other, port, name=f"listen_console, on {other} too") if _is_here(other) else None


def _is_here(host: str) -> bool:
    """Whether this machine has the address: some have no IPv6, and nobody can listen there either."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
            tried.bind((host, 0))
    except OSError:
        return False
    return True
