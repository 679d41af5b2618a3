"""ID tokens of an identity provider (OpenID Connect Core 1.0 §2): whether the provider signed one.

Rules it keeps:

1. The algorithm is one of a list of ours, all of them signatures by a private key. None, or a keyed hash that whoever
   has a public key could make too, is no signature (RFC 8725 §3.1, §3.2).
2. The key is one that the provider publishes, found by the token's `kid` alone and made for that algorithm. A token
   brings no key of its own and points to none: `jwk`, `jku`, `x5c`, `x5u` and anything `crit` are refused (§3.10).
3. What a hash of the access token says is held against that token (Core §3.1.3.6).

What the claims say is weighed elsewhere (`access.federation`); nothing of them is believed before this.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Any, Final, NamedTuple

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Unproven

MAX_TOKEN: Final = 32_768
"""Characters of an ID token."""
MAX_KEYS: Final = 64
MAX_SET_BYTES: Final = 262_144
_MIN_RSA_BITS: Final = 2_048
_MAX_RSA_BITS: Final = 8_192
_KEYS: Final[dict[str, Any]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
_KINDS: Final[dict[str, tuple[str, str]]] = {
    "RS256": ("RSA", ""), "RS384": ("RSA", ""), "RS512": ("RSA", ""),
    "PS256": ("RSA", ""), "PS384": ("RSA", ""), "PS512": ("RSA", ""),
    "ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "ES512": ("EC", "P-521"), "Ed25519": ("OKP", "Ed25519"),
}  # fmt: skip
"""Algorithm -> the kind of key and the curve that it takes."""
ALGORITHMS: Final = tuple(_KINDS)
_PUBLIC: Final = ("kty", "n", "e", "crv", "x", "y")
_REFUSED: Final = frozenset({"b64", "crit", "enc", "jku", "jwk", "x5c", "x5u", "zip"})
_HASHES: Final = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512, "19": hashlib.sha512}


class ProviderKey(NamedTuple):
    """A public key that a provider publishes: `kid` may be empty, `alg` too if it is for any of its kind."""

    kid: str
    alg: str
    kind: str
    curve: str
    key: Any


def read_keys(raw: bytes) -> tuple[ProviderKey, ...]:
    """The keys of a set (RFC 7517 §5) that can have signed an ID token; any other, a secret one too, is left out.

    Raises:
        Invalid: it is no such set, or one too large.
    """
    expected = f"a set of up to {MAX_KEYS} keys"
    try:
        found = msgspec.json.decode(raw if len(raw) <= MAX_SET_BYTES else b"")
        keys = found["keys"]
    except (msgspec.DecodeError, TypeError, KeyError, RecursionError) as err:
        raise Invalid("identity provider: keys", expected, got="something else") from err
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise Invalid("identity provider: keys", expected, got="something else")
    return tuple(key for key in map(_key, keys) if key is not None)


def _key(said: object) -> ProviderKey | None:
    if not isinstance(said, dict) or said.get("use", "sig") != "sig":
        return None
    kind, kid, alg = said.get("kty"), said.get("kid", ""), said.get("alg", "")
    if not (isinstance(kind, str) and isinstance(kid, str) and isinstance(alg, str)):
        return None
    if kind not in _KEYS or (alg and alg not in _KINDS):
        return None
    try:
        key: Any = _KEYS[kind].import_key({name: said[name] for name in _PUBLIC if name in said})
        bits = key.public_key.key_size if kind == "RSA" else _MIN_RSA_BITS
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return (
        ProviderKey(kid, alg, kind, str(said.get("crv", "")), key) if _MIN_RSA_BITS <= bits <= _MAX_RSA_BITS else None
    )  # fmt: skip


def kid_of(token: str) -> str:
    """Which key a token says that it was signed with; empty: it does not say.

    Raises:
        Unproven: it is no token of the form that is taken here.
    """
    return str(_header(token).get("kid", ""))


def verified(token: str, keys: tuple[ProviderKey, ...], *, access_token: str = "") -> dict[str, Any]:
    """The claims of an ID token that one of these keys signed.

    Args:
        token: in compact form.
        keys: that the provider publishes now.
        access_token: that came with it.

    Raises:
        Unproven: it is none, nobody here signed it, or it belongs to another access token.
    """
    header = _header(token)
    alg = header["alg"]
    key = _signer(keys, str(header.get("kid", "")), alg)
    try:
        payload = jws.deserialize_compact(token, key.key, algorithms=[alg]).payload
        claims = msgspec.json.decode(payload)
    except (JoseError, ValueError, TypeError, RecursionError) as err:  # msgspec's errors are ValueErrors
        raise _unproven("signature") from err
    if not isinstance(claims, dict):
        raise _unproven("claims")
    _require_hash(claims, alg, access_token)
    return claims


def _header(token: str) -> dict[str, Any]:
    first, dot, rest = token.partition(".")
    if len(token) > MAX_TOKEN or not token.isascii() or not dot or rest.count(".") != 1:
        raise _unproven("form")
    try:
        header = msgspec.json.decode(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (NotBase64, ValueError, RecursionError) as err:
        raise _unproven("form") from err
    if not isinstance(header, dict):
        raise _unproven("form")
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in _KINDS or not _REFUSED.isdisjoint(header):
        raise _unproven("algorithm")
    if not isinstance(header.get("kid", ""), str):
        raise _unproven("key")
    return header


def _signer(keys: tuple[ProviderKey, ...], kid: str, alg: str) -> ProviderKey:
    """The one key that can be meant: of this `kid`, or the only one of its kind where the token names none."""
    kind, curve = _KINDS[alg]
    fit = [
        key
        for key in keys
        if key.kind == kind and key.alg in {"", alg} and key.curve == curve and (not kid or key.kid == kid)
    ]
    if len(fit) != 1:
        raise _unproven("key")
    return fit[0]


def _require_hash(claims: dict[str, Any], alg: str, access_token: str) -> None:
    said = claims.get("at_hash")
    if said is None:
        return
    made = _HASHES[alg[-3:] if alg[-3:] in _HASHES else alg[-2:]](access_token.encode()).digest()
    half = urlsafe_b64encode(made[: len(made) // 2]).decode().rstrip("=")
    if not isinstance(said, str) or not equal(said.encode(), half.encode()):
        raise _unproven("at_hash")


def _unproven(what: str) -> Unproven:
    return Unproven(f"ID token: expected one that the identity provider signed, got another {what}")
