"""A real OpenID provider on loopback, over HTTP and with keys of its own, that can be made to misbehave.

It signs by `cryptography` alone, so that what verifies us is not what we verify with. The certified one of
`tests/js/provider.mjs` is the oracle for what is right; this one says whatever a test wants.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.world import Clock

CLIENT, SECRET = "lockhouse", "a secret of +/ the client"
RSA_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def b64(raw: bytes) -> str:
    """As JOSE writes bytes."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _whole(number: int, size: int = 0) -> str:
    return b64(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


def rsa_jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    """A public key as a provider publishes it."""
    public = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": _whole(public.n), "e": _whole(public.e)}


def ec_jwk(key: ec.EllipticCurvePrivateKey, kid: str) -> dict[str, Any]:
    """The same, on P-256."""
    public = key.public_key().public_numbers()
    return {"kty": "EC", "kid": kid, "crv": "P-256", "x": _whole(public.x, 32), "y": _whole(public.y, 32)}


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """A public key as whoever confuses algorithms uses it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signed(header: dict[str, Any], claims: dict[str, Any], *, key: Any = None) -> str:
    """A token, signed as its header says, or as `key` says: bytes for a keyed hash, None for ours."""
    said = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    alg = header.get("alg")
    if alg == "none":
        return f"{said}."
    if isinstance(key, bytes):
        return f"{said}.{b64(hmac.digest(key, said.encode(), 'sha256'))}"
    if alg == "ES256":
        r, s = decode_dss_signature((key or EC_KEY).sign(said.encode(), ec.ECDSA(SHA256())))
        return f"{said}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    return f"{said}.{b64((key or RSA_KEY).sign(said.encode(), PKCS1v15(), SHA256()))}"


@dataclass
class Provider:
    """What it says, and what it was asked.

    Attributes:
        clock: the house's. claims: over those of its own, None takes one away; header: the same of the token's.
        document: over its own. keys: that it publishes. key: that signs; None: its own.
        names_itself: whether its answers name their issuer. careless: it takes any verifier, as one without PKCE does.
        raw: path -> bytes that it answers instead. packed: it packs answers. pause_s: before each piece of an answer.
        asked: path of each request.
    """

    clock: Clock
    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=lambda: [rsa_jwk(RSA_KEY, "rsa-1"), ec_jwk(EC_KEY, "ec-1")])
    key: Any = None
    names_itself: bool = True
    careless: bool = False
    raw: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    packed: bool = False
    pause_s: float = 0.0
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    def configuration(self) -> dict[str, Any]:
        """Its document."""
        return {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
            "authorization_response_iss_parameter_supported": self.names_itself,
            "id_token_signing_alg_values_supported": ["RS256", "ES256"], **self.document,
        }  # fmt: skip

    def authorize(self, query: dict[str, str]) -> str:
        """Where a browser goes, whose owner signed in here."""
        assert query["response_type"] == "code"
        assert query["scope"] == "openid"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = {"code": code, "state": query["state"]} | ({"iss": self.url} if self.names_itself else {})
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """What it answers to a code."""
        user, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote_plus(user), unquote_plus(password)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        query = self.codes.pop(form["code"], None)
        challenge = b64(hashlib.sha256(form["code_verifier"].encode()).digest())
        if query is None or form["redirect_uri"] != query["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if challenge != query["code_challenge"] and not self.careless:
            return 400, {"error": "invalid_grant"}
        access, now = secrets.token_urlsafe(16), self.clock.now_ms() // 1_000
        own = {
            "iss": self.url, "sub": "248289761001", "aud": CLIENT, "exp": now + 300, "iat": now, "auth_time": now,
            "nonce": query["nonce"], "amr": ["pwd", "otp"],
            "at_hash": b64(hashlib.sha256(access.encode()).digest()[:16]),
        }  # fmt: skip
        claims = {name: one for name, one in (own | self.claims).items() if one is not None}
        header = {
            name: one for name, one in ({"alg": "RS256", "kid": "rsa-1"} | self.header).items() if one is not None
        }
        self.told = claims
        token = signed(header, claims, key=self.key)
        return 200, {"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": token}

    async def visit(self, door: str) -> str:
        """Somebody's browser goes there and signs in; the path and query that it comes back to."""
        async with httpx.AsyncClient(trust_env=False) as client:
            there = await client.get(door)
        back = urlsplit(there.headers["location"])
        return f"{back.path}?{back.query}"


class _Handler(BaseHTTPRequestHandler):
    provider: Provider
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, provider = urlsplit(self.path).path, self.provider
        provider.asked.append(path)
        if path == "/authorize":
            self._answer(302, b"", location=provider.authorize(dict(parse_qsl(urlsplit(self.path).query))))
            return
        if path in provider.moved:
            self._answer(302, b"", location=provider.moved[path])
            return
        known: dict[str, Callable[[], Any]] = {
            "/.well-known/openid-configuration": provider.configuration, "/keys": lambda: {"keys": provider.keys},
        }  # fmt: skip
        raw = provider.raw.get(path) or (json.dumps(known[path]()).encode() if path in known else b"")
        self._answer(200 if raw else 404, raw)

    def do_POST(self) -> None:
        provider = self.provider
        provider.asked.append(self.path)
        form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
        status, said = provider.token(form, self.headers.get("authorization", ""))
        self._answer(status, provider.raw.get(self.path) or json.dumps(said).encode())

    def _answer(self, status: int, raw: bytes, **headers: str) -> None:
        if self.provider.packed:
            raw, headers["content-encoding"] = gzip.compress(raw), "gzip"
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        pieces = [raw[at : at + 32] for at in range(0, len(raw), 32)] if self.provider.pause_s else [raw]
        try:
            for piece in pieces:
                time.sleep(self.provider.pause_s)
                self.wfile.write(piece)
                self.wfile.flush()
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Nothing is written."""


@contextmanager
def provider(clock: Clock) -> Iterator[Provider]:
    """A provider, for as long as the block runs."""
    made = Provider(clock=clock)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": made}))
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
