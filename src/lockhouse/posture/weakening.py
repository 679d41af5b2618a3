"""Which settings weaken a house, and in which direction: what is approved like a policy and held to.

1. A setting stands here if its value decides who reaches the house, whom it believes, where its words go, or whether
   what was promised is done. What is not here changes nothing of that: a name, a port, a path that opens only the same
   thing. `root` and `house` are not here since a house opens with no other; `demo` only restricts a house that was not
   founded as one.
2. For each there is one question: is this value weaker than the approved one? What is not weaker is taken at once.
3. A weaker value is not taken: the approved one serves in its place. Of those in `REFUSED` a process that serves would
   already listen, or have written, elsewhere by the time it knows what was approved: it does not start.
4. A value of which nothing was approved is not weaker: a setting that a later release knows is held from the next
   approval on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

Values = Mapping[str, Any]
_Weaker = Callable[[Any, Any], bool]
"""Whether (approved, now) is a weakening."""
_TLS: Final = {"own": 0, "files": 0, "proxy": 1}
"""`own` is plain HTTP on loopback alone; behind a proxy the house believes what it says."""


def _other(approved: Any, now: Any) -> bool:
    return bool(approved != now)


def _other_and_on(approved: Any, now: Any) -> bool:
    return bool(now) and bool(approved != now)


def _more(approved: Any, now: Any) -> bool:
    return not {*now} <= {*approved}


def _wider(approved: Any, now: Any) -> bool:
    known = [_network(one) for one in approved]
    return not all(any(_within(_network(one), other) for other in known) for one in now)


def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text, strict=False)


def _within(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.version == other.version and one.subnet_of(other)  # type: ignore[arg-type]  # of one version


def _elsewhere(approved: Any, now: Any) -> bool:
    was, then = _host(approved), _host(now)
    return not _is_here(then) and was != then


def _host(listen: str) -> str:
    return listen.rpartition(":")[0].strip("[]")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _off(approved: Any, now: Any) -> bool:
    return bool(approved) and not now


def _less_tls(approved: Any, now: Any) -> bool:
    return bool(now == "none") and bool(approved != "none")


def _older(approved: Any, now: Any) -> bool:
    return bool(approved) and (not now or now > approved)


SETTINGS: Final[dict[str, _Weaker]] = {
    "console_url": _other,
    "journal_copy": _other,
    "leaked_passwords": _off,
    "listen_collect": _elsewhere,
    "listen_console": _elsewhere,
    "listen_metrics": _elsewhere,
    "oidc_client": _other_and_on,
    "oidc_groups": _other,
    "oidc_hosts": _more,
    "oidc_issuer": _other_and_on,
    "oidc_max_age_min": _older,
    "oidc_networks": _wider,
    "oidc_only": _other,
    "oidc_roles": _more,
    "oidc_trust": _other,
    "oidc_two_factors": _more,
    "private_recipients": _wider,
    "retention_runs": _off,
    "review_months": _older,
    "smtp_host": _other,
    "smtp_tls": _less_tls,
    "smtp_trust": _other,
    "tls": lambda approved, now: _TLS[now] > _TLS[approved],
    "trusted_proxies": _wider,
}
"""In alphabetical order."""
REFUSED: Final = frozenset({
    "console_url", "journal_copy", "listen_collect", "listen_console", "listen_metrics", "tls",
})  # fmt: skip
"""With a weaker value of these no process serves."""


def picked(settings: object) -> dict[str, Any]:
    """The settings that can weaken, by name."""
    return {name: getattr(settings, name) for name in SETTINGS}


def weaker(approved: Values, now: Values) -> tuple[str, ...]:
    """The settings whose value now is weaker than the approved one; what was approved of none is not."""
    return tuple(
        name
        for name, is_weaker in SETTINGS.items()
        if name in approved and name in now and is_weaker(approved[name], now[name])
    )


def said(approved: Values, now: Values) -> tuple[str, ...]:
    """The same as lines of what a change does."""
    return tuple(f"setting {name}: {_text(now[name])} (was {_text(approved[name])})" for name in weaker(approved, now))


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value) or "none"


def encode(values: Values) -> str:
    """As it is signed: the same for the same values."""
    return msgspec.json.encode(values, order="deterministic").decode()


def decode(text: str) -> dict[str, Any]:
    """What `encode` wrote, lists as tuples; empty for nothing."""
    found: dict[str, Any] = msgspec.json.decode(text) if text else {}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
