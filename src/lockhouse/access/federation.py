"""Signing in at an identity provider: what of its answer is believed, and what follows from it.

OpenID Connect Core 1.0 (§3.1.2.7, §3.1.3.7), RFC 9700, RFC 9207. Its steps:

1. A browser is sent with a state, a nonce and the hash of a verifier (RFC 7636, S256), all of which are this browser's
   and this try's alone. What comes back to another browser, or a second time, is no answer.
2. An answer that names an issuer names ours, exactly; where the provider says that it names one, it must (RFC 9207
   §2.4). That is what keeps two providers apart (mix-up).
3. A provider's document is believed of its own issuer alone, and may send neither us nor a browser to a host that the
   settings do not name.
4. An ID token is ours if its issuer is ours, exactly; its audience is us alone, or says that we are who it was given to
   (`azp`); it is not over, and neither of a time to come nor old; and it has our nonce.
5. Who somebody is says `sub` beside the issuer, and nothing else. A mail address, whether verified or not, or a name,
   is what a provider lets people choose: it finds no account, and makes none.
6. How sure that is says `acr` or `amr` where the settings say which of their words stand for two factors. Anything else
   is one factor, with which nobody signs in here (`access.sign_in`).
7. Groups give the roles that the settings name and no other. A role that takes two people takes them from here, too;
   what a member ended, no group gives again. A role that the settings name and no group gives any more has ended.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from lockhouse.access.sign_in import Level
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Unproven

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LEEWAY_S: Final = 60
"""How far two clocks may lie apart."""
OLD_S: Final = 600
"""How long ago an ID token may have been made: it comes at once from where it is made."""
MAX_SUBJECT: Final = 255
MAX_GROUPS: Final = 2_000
_MAX_GROUP: Final = 256
_ROLE: Final = re.compile("[a-z][a-z0-9_-]{0,63}")


class Way(NamedTuple):
    """What of a provider's words stands for two factors: one `acr`, or several `amr` together."""

    claim: str
    words: frozenset[str]


class Expected(NamedTuple):
    """What an ID token must say. `max_age_s`: how long ago somebody may have proven themselves there; 0: any time."""

    issuer: str
    client: str
    nonce: str
    now_s: int
    max_age_s: int = 0


class Told(NamedTuple):
    """What is believed of an ID token: who, how sure that is, and in which groups."""

    subject: str
    level: Level
    groups: frozenset[str]


class Moves(NamedTuple):
    """Roles that begin and roles that end."""

    begin: tuple[str, ...]
    end: tuple[str, ...]


def way_of(text: str) -> Way | None:
    """Read `acr WORD` or `amr WORD WORD…`; None if it is neither."""
    claim, *words = text.split()[:9] or [""]
    if claim not in {"acr", "amr"} or not words or (claim == "acr" and len(words) > 1):
        return None
    return Way(claim, frozenset(words))


def group_role(text: str) -> tuple[str, str] | None:
    """Read `GROUP=ROLE`; None if it is none."""
    group, sign, role = text.rpartition("=")
    return (group, role) if sign and group and group.strip() == group and _ROLE.fullmatch(role) else None


def is_issuer(text: str) -> bool:
    """Whether it can be an issuer: `https`, a host and a path at most (OpenID Connect Core §2); `http` on loopback."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    is_plain = not (parts.query or parts.fragment or parts.username or parts.password or "?" in text or "#" in text)
    is_way = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    return is_way and is_plain and bool(parts.hostname) and port != 0 and text.isascii() and text.isprintable()


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def may_lead(url: object, *, issuer: str, hosts: Collection[str]) -> bool:
    """Whether a provider's document may send us, or a browser, to this address.

    Args:
        url: that it names.
        issuer: ours. hosts: that the settings name beside its own.
    """
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts, own = urlsplit(url), urlsplit(issuer)
        at, home = (parts.hostname, parts.port), (own.hostname, own.port)
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or parts.fragment or parts.scheme != own.scheme:
        return False
    return at == home or (parts.scheme == "https" and at[1] in {None, 443} and at[0] in hosts)


def require_issuer(said: str | None, *, issuer: str, must: bool) -> None:
    """Nothing, if an answer is of our issuer, or does not say and need not.

    Raises:
        Unproven: it is another's, or does not say though its provider says that it does.
    """
    if said is None and not must:
        return
    if said is None or not equal(said.encode(), issuer.encode()):
        raise unproven("issuer of the answer")


def weighed(claims: Mapping[str, Any], expected: Expected, *, ways: Collection[Way], groups: str) -> Told:
    """What is believed of an ID token whose signature was verified.

    Args:
        claims: of it.
        expected: what it must say.
        ways: what stands for two factors.
        groups: the name of the claim that holds groups; empty: none is read.

    Raises:
        Unproven: it is another's, of another time, or for another answer.
    """
    if claims.get("iss") != expected.issuer:
        raise unproven("issuer")
    _require_audience(claims, expected.client)
    _require_times(claims, expected)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not equal(nonce.encode(), expected.nonce.encode()):
        raise unproven("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or not subject.isascii():
        raise unproven("subject")
    level = Level.TWO if any(_says(claims, way) for way in ways) else Level.ONE
    return Told(subject, level, _groups(claims, groups) if groups else frozenset())


def _require_audience(claims: Mapping[str, Any], client: str) -> None:
    said, party = claims.get("aud"), claims.get("azp")
    audience = [said] if isinstance(said, str) else said
    if not isinstance(audience, list) or client not in audience:
        raise unproven("audience")
    if (party is not None or len(audience) > 1) and party != client:
        raise unproven("authorized party")


def _require_times(claims: Mapping[str, Any], expected: Expected) -> None:
    now, late = expected.now_s, expected.now_s + LEEWAY_S
    until, made = _seconds(claims, "exp"), _seconds(claims, "iat")
    if until is None or until <= now - LEEWAY_S:
        raise unproven("end")
    if made is None or not now - OLD_S - LEEWAY_S <= made <= late:
        raise unproven("time of making")
    begins, proven = _seconds(claims, "nbf"), _seconds(claims, "auth_time")
    if ("nbf" in claims and begins is None) or (begins is not None and begins > late):
        raise unproven("begin")
    if expected.max_age_s and (proven is None or now - proven > expected.max_age_s + LEEWAY_S):
        raise unproven("time of proving")
    if ("auth_time" in claims and proven is None) or (proven is not None and proven > late):
        raise unproven("time of proving")


def _seconds(claims: Mapping[str, Any], name: str) -> int | None:
    said = claims.get(name)
    is_number = isinstance(said, int | float) and not isinstance(said, bool) and 0 <= said < 2**53  # NaN is not
    return int(said) if is_number and said is not None else None


def _says(claims: Mapping[str, Any], way: Way) -> bool:
    said = claims.get(way.claim)
    if way.claim == "acr":
        return isinstance(said, str) and said in way.words
    return isinstance(said, list) and way.words <= {word for word in said if isinstance(word, str)}


def _groups(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """The groups that are told; none if none are.

    Raises:
        Unproven: it says that they are told elsewhere (Core §5.6.2), or has too many: which are missing is not known.
    """
    said, elsewhere = claims.get(name, []), claims.get("_claim_names")
    found = [said] if isinstance(said, str) else said
    if isinstance(elsewhere, dict) and name in elsewhere:
        raise unproven("place of the groups")
    if not isinstance(found, list) or len(found) > MAX_GROUPS:
        raise unproven("form of the groups")
    return frozenset(one for one in found if isinstance(one, str) and len(one) <= _MAX_GROUP)


def moves(mapped: Collection[tuple[str, str]], groups: Collection[str], *, has: Collection[str]) -> Moves:
    """Which roles begin and which end, of somebody in these groups.

    Args:
        mapped: group and role, as the settings have them.
        groups: of the ID token.
        has: roles that are given, or proposed.
    """
    told = {role for group, role in mapped if group in groups}
    named = {role for _, role in mapped}
    return Moves(tuple(sorted(told - set(has))), tuple(sorted((named & set(has)) - told)))


def unproven(what: str) -> Unproven:
    """What is raised, for the log, of an answer that is not believed: which part of it, and no value."""
    return Unproven(f"identity provider: expected our own answer, got another {what}", hint="begin again")
