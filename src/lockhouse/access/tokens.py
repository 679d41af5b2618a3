"""What a service token may be, when it stands and what it may do: pure, in numbered steps.

A token is a narrowing of one role of the policy, in four steps that each only take away:

1. It *stands*, or it is nothing: not revoked, its end to come, asked from a network that it names, and its owner, if
   that is a member of staff, may still sign in and holds its role (the gate asks for that). Its life is at
   most a year, 90 days unless it is said otherwise (OWASP ASVS 5.0, 13.3.4: secrets end; RFC 6750 §5.3: bearer tokens
   are short-lived and scoped; 13.2.2: least privilege).
2. A *deed* needs a permission: one of the token's own must cover it, and the live policy must give it to the token's
   role. What the policy takes from the role is gone from every token at once (ASVS 8.3.2).
3. A *look* at a person is the role's, for a purpose that the token names as well as the role. A token proves nothing
   strongly: it has no step-up and no grant, so that what is guarded by one stays masked for it.
4. Whoever makes a token gives no more than they have (ASVS 8.3.3): a token makes others within its own terms only, and
   only if a permission of its own says that it makes any.

A rotation makes a token of the same terms beside the old one, which lives on for an overlap and no longer than it was
said; one that was overtaken is not overtaken again, so that no two copies of a secret go on side by side.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

from lockhouse.errors import Invalid
from lockhouse.model.ids import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LIFE_DAYS = 90
MAX_DAYS = 365
OVERLAP_DAYS = 7
MAX_OVERLAP_DAYS = 30
HERE = ("127.0.0.0/8", "::1/128")
"""Where a token may come from unless networks are named: this machine."""
LIVE, REVOKED, OVERTAKEN = 0, 1, 2
MAX_LISTED = 32
"""Permissions, purposes or networks of one token."""
_PERMISSION = re.compile(r"([a-z]{1,40})\.(?:\*|[a-z][a-z_-]{0,39})")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
Why = Literal["revoked", "expired", "network"]


class Terms(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a token is for.

    Attributes:
        name: a word by which people know it; of a system, never of a person.
        role: of the policy; empty: it may neither do nor see anything that a role decides.
        may: permissions such as `ledger.read` or `ledger.*`.
        purposes: for which it may look at persons. `networks`: from which it may come.
    """

    name: str
    role: str
    may: tuple[str, ...]
    purposes: tuple[str, ...]
    networks: tuple[str, ...]


_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode
_DECODE = msgspec.msgpack.Decoder(Terms).decode


def encoded(terms: Terms) -> bytes:
    """The terms as a token's row has them."""
    return _ENCODE(terms)


def decoded(raw: bytes) -> Terms:
    """The terms of a row whose MAC was checked."""
    return _DECODE(raw)


def sound_terms(terms: Terms, *, areas: Iterable[str]) -> Terms:
    """The same with networks in their one form and lists sorted, each once.

    Args:
        terms: as they were said.
        areas: first words of permissions that there are.

    Raises:
        Invalid: a name, a permission or a network has not its form, or there are too many of one.
    """
    if not _NAME.fullmatch(terms.name):
        raise Invalid("name", "a word of a-z, 0-9 and -, for a system, such as warehouse", got="another form")
    known = frozenset(areas)
    for one in terms.may:
        match = _PERMISSION.fullmatch(one)
        if match is None or match[1] not in known:
            raise Invalid("may", "permissions such as ledger.read or ledger.*", got="another word")
    networks = terms.networks or HERE
    for name, listed in (("may", terms.may), ("purposes", terms.purposes), ("networks", networks)):
        if len(listed) > MAX_LISTED:
            raise Invalid(name, f"{MAX_LISTED} at most", got="more")
    return msgspec.structs.replace(
        terms, may=_once(terms.may), purposes=_once(terms.purposes), networks=_once(_network(one) for one in networks)
    )


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(words)))


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as err:
        raise Invalid("networks", "networks such as 10.0.0.0/8", got="another form") from err


def sound_days(days: int, *, most: int, where: str) -> int:
    """The same number of days, as ms.

    Raises:
        Invalid: fewer than one, or more than there may be.
    """
    if not 1 <= days <= most:
        raise Invalid(where, f"1 to {most} days", got="another number")
    return days * DAY_MS


def why_not(*, state: int, until_at: int, terms: Terms, now: int, network: str | None) -> Why | None:
    """Step 1: why a token does not stand; None if it does.

    Args:
        state: `LIVE`, `REVOKED` or `OVERTAKEN`. until_at, now: ms.
        terms: its own.
        network: the address it comes from; None: nobody knows, and then it is none of its networks.
    """
    # Asked first and of all, so that how long a refusal takes does not say which it is.
    is_inside = _is_inside(network, terms.networks)
    if state not in {LIVE, OVERTAKEN}:
        return "revoked"
    if now >= until_at:
        return "expired"
    return None if is_inside else "network"


def _is_inside(network: str | None, allowed: Sequence[str]) -> bool:
    try:
        address = ipaddress.ip_address(network or "")
    except ValueError:
        return False
    # A listener of both families sees an IPv4 caller as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in _read(one) for one in allowed)


@lru_cache(maxsize=1_024)
def _read(network: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network of some token. Reading it takes longer than the rest of a refusal: it would tell how many there are."""
    return ipaddress.ip_network(network)


def covers(may: Iterable[str], permission: str) -> bool:
    """Step 2: whether one of these permissions is this one, or every one of its kind."""
    return bool({permission, f"{permission.partition('.')[0]}.*"} & set(may))


def beyond(terms: Terms, maker: Terms) -> str | None:
    """Step 4: which part of a token's terms is more than those of the token that makes it; None if none is."""
    if terms.role not in {"", maker.role}:
        return "role"
    if not all(covers(maker.may, one) for one in terms.may):
        return "may"
    if not set(terms.purposes) <= set(maker.purposes):
        return "purposes"
    return None if all(_is_part(one, maker.networks) for one in terms.networks) else "networks"


def _is_part(network: str, allowed: Sequence[str]) -> bool:
    inner = ipaddress.ip_network(network)
    for one in allowed:
        outer = ipaddress.ip_network(one)
        if inner.version == outer.version and inner.subnet_of(outer):  # type: ignore[arg-type]  # of one version
            return True
    return False
