"""One-time codes of an authenticator app: HOTP (RFC 4226) of a time step (RFC 6238), six digits.

Which step is asked, and whether a code was used, is decided in `access.totp`; here is only what touches the seed.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pyotp

from lockhouse.secret import Secret

if TYPE_CHECKING:
    from lockhouse.crypto.signatures import Entropy

SEED_BYTES = 20
"""160 bits, what RFC 4226 §4 (R6) advises, and as long as SHA-1's output."""
DIGITS = 6
STEP_S = 30


def new_seed(entropy: Entropy) -> Secret:
    """A new seed of 160 random bits, as its bytes."""
    return Secret(entropy(SEED_BYTES))


def code_at(seed: Secret, step: int) -> str:
    """The six digits of a step: HOTP(seed, step), SHA-1, truncated as RFC 4226 §5.3 says.

    SHA-1 is what every app takes; HMAC does not rest on what is broken of it (RFC 6194 §3.3).
    """
    return pyotp.HOTP(_base32(seed), digits=DIGITS).at(step)


def shown_seed(seed: Secret) -> str:
    """The seed as a person types it into an app: base32 in groups of four."""
    text = _base32(seed)
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def read_seed(shown: str) -> Secret:
    """The seed that `shown_seed` showed."""
    text = shown.replace(" ", "")
    return Secret(base64.b32decode(text + "=" * (-len(text) % 8)))


def enrolment_uri(seed: Secret, *, login: str, issuer: str) -> str:
    """The `otpauth:` address that a QR code holds: who, for which house, and the seed."""
    label = f"{quote(issuer, safe='')}:{quote(login, safe='')}"
    asked = urlencode({"secret": _base32(seed), "issuer": issuer, "digits": DIGITS, "period": STEP_S}, quote_via=quote)
    return f"otpauth://totp/{label}?{asked}"


def _base32(seed: Secret) -> str:
    return base64.b32encode(seed.reveal()).decode().rstrip("=")
