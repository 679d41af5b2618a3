"""An authenticator in software: it makes passkeys and answers with them, truthfully or as a test bends it.

ES256 and attestation `none`, after W3C Web Authentication Level 3 §6.1 (authenticator data), §5.8.1 (client data) and
§6.5.4 (attestation object). What is asked is the JSON text that the product's options are; what is answered is what
`PublicKeyCredential.toJSON` gives a page to send.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

UP, UV, BE, BS, AT = 1, 4, 8, 16, 64
"""Flags of authenticator data: user present, user verified, backup eligible, backed up, attested data follows."""


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(slots=True)
class Made:
    """A passkey as the authenticator keeps it."""

    id: bytes
    rp_id: str
    user: bytes
    key: ec.EllipticCurvePrivateKey
    count: int = 0


@dataclass(slots=True, kw_only=True)
class Authenticator:
    """One authenticator in one browser tab.

    Attributes:
        origin: of the page that asks.
        flags: what it says of the user and of backups.
        rp_id: claims to be of this relying party; None is as asked.
        client: members put into the client data over what a browser would write, as `crossOrigin`.
        counts: whether its counter grows; a synced passkey's stays at nought.
    """

    origin: str = "http://localhost:8410"
    flags: int = UP | UV
    rp_id: str | None = None
    client: dict[str, object] = field(default_factory=dict)
    counts: bool = True
    passkeys: list[Made] = field(default_factory=list)

    def make(self, options: str) -> str:
        """The answer to `navigator.credentials.create`, as JSON text."""
        asked: dict[str, Any] = json.loads(options)
        made = Made(
            os.urandom(16), asked["rp"]["id"], raw(asked["user"]["id"]), ec.generate_private_key(ec.SECP256R1())
        )
        at = made.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: at.x.to_bytes(32, "big"), -3: at.y.to_bytes(32, "big")})
        attested = bytes(16) + len(made.id).to_bytes(2, "big") + made.id + cose
        data = self._data(made, self.flags | AT) + attested
        self.passkeys.append(made)
        return self._answer(made, {
            "clientDataJSON": b64(self._client("webauthn.create", asked["challenge"])),
            "attestationObject": b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        })  # fmt: skip

    def use(self, options: str, *, passkey: Made | None = None) -> str:
        """The answer to `navigator.credentials.get`, as JSON text: with the newest passkey unless one is named."""
        asked: dict[str, Any] = json.loads(options)
        made = passkey or self.passkeys[-1]
        made.count += self.counts
        client, data = self._client("webauthn.get", asked["challenge"]), self._data(made, self.flags)
        signature = made.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(made, {
            "clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature),
            "userHandle": b64(made.user),
        })  # fmt: skip

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False} | self.client
        return json.dumps(told, separators=(",", ":")).encode()

    def _data(self, made: Made, flags: int) -> bytes:
        site = hashlib.sha256((self.rp_id or made.rp_id).encode()).digest()
        return site + bytes([flags]) + made.count.to_bytes(4, "big")

    def _answer(self, made: Made, response: dict[str, object]) -> str:
        return json.dumps({
            "id": b64(made.id), "rawId": b64(made.id), "type": "public-key", "response": response,
            "clientExtensionResults": {}, "authenticatorAttachment": "platform",
        })  # fmt: skip
