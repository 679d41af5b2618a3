"""What single values of settings must be like beyond their types."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lockhouse.access.federation import group_role, is_issuer, way_of

_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_HOUSE = re.compile("[0-9a-f]{32}")
_LAST_PORT = 65_535


class Rule(NamedTuple):
    """What a value must be like beyond its type."""

    holds: Callable[[Any], bool]
    expected: str
    got: str


def _is_network(text: Any) -> bool:
    if not isinstance(text, str) or "%" in text:  # a number would be taken for an address; a scope matches nobody
        return False
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


_MAILBOX = re.compile(r"[^\s@<>,;:\"()\\[\]]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII | re.IGNORECASE)
_ONE_LINE = Rule(str.isprintable, "one line of signs that can be seen", "another form")


def _is_console_url(text: str) -> bool:
    """An origin as browsers write one, of a host that has a name: an address can be no relying party (WebAuthn §5.1.2).

    Plain HTTP is of `localhost` alone, which browsers hold for as safe as HTTPS.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    written = host if port is None or port == default else f"{host}:{port}"
    if text != f"{parts.scheme}://{written}" or not _HOST_NAME.fullmatch(host) or host.rpartition(".")[2].isdecimal():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host == "localhost")


_CONSOLE_URL = Rule(
    _is_console_url, "https:// and a host's name, as https://console.shop.example, or http://localhost:8410",
    "another form",
)  # fmt: skip
_NETWORKS = Rule(
    lambda texts: all(map(_is_network, texts)), "networks or addresses, as 10.0.0.0/8 or ::1", "another form"
)
MOST_CONSOLES = 16
"""So few that each may do something of whatever is counted for all of them."""
RULES = {
    "console_url": _CONSOLE_URL,
    "collect_processes": Rule(lambda number: number >= 1, "at least 1", "less"),
    "console_processes": Rule(lambda number: 1 <= number <= MOST_CONSOLES, "1 to 16", "another number"),
    "house": Rule(lambda text: _HOUSE.fullmatch(text) is not None, "32 hexadecimal digits", "another form"),
    "mail_from": Rule(
        lambda text: not text or (text.isascii() and _MAILBOX.fullmatch(text) is not None),
        "one address in ASCII, as vault@firm.example",
        "another form",
    ),
    "mail_name": _ONE_LINE,
    "oidc_groups": _ONE_LINE,
    "oidc_hosts": Rule(
        lambda texts: all(isinstance(one, str) and _HOST_NAME.fullmatch(one) for one in texts),
        "names of hosts, as oauth2.googleapis.com",
        "another form",
    ),
    "oidc_issuer": Rule(
        lambda text: not text or is_issuer(text),
        "https:// and a host's name, as https://id.firm.example/realms/staff",
        "another form",
    ),
    "oidc_client": _ONE_LINE,
    "oidc_name": _ONE_LINE,
    "oidc_networks": _NETWORKS,
    "oidc_roles": Rule(
        lambda texts: all(isinstance(one, str) and group_role(one) for one in texts),
        "groups and their roles, as vault-support=support",
        "another form",
    ),
    "oidc_two_factors": Rule(
        lambda texts: all(isinstance(one, str) and way_of(one) for one in texts),
        'words of the provider, as "acr phr" or "amr pwd otp"',
        "another form",
    ),
    "private_recipients": _NETWORKS,
    "smtp_host": _ONE_LINE,
    "smtp_port": Rule(lambda number: 0 < number <= _LAST_PORT, "a port, 1 to 65535", "another number"),
    "trusted_proxies": _NETWORKS,
}
