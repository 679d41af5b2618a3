"""Passkeys (W3C Web Authentication Level 3): what a browser is asked, and whether its answer proves somebody.

Steps, for an answer of either kind (numbers of WebAuthn Level 3 §7.1 for making one, §7.2 for using one):

1. It is at most 16 KiB of JSON, and says which credential answers; that is the one asked about (§7.2 step 5).
2. Its client data is of this kind of ceremony, of this challenge and of this origin, each exactly (§7.1 steps 7-9).
3. It was not made in another site's frame: `crossOrigin` is absent or false, and there is no `topOrigin` (§7.1 steps
   10 and 11). The library reads the first and weighs neither.
4. Its authenticator data is of this relying party, with user presence and **user verification** (§7.1 steps 13-15);
   the library asks for the second only when told to. Without it a passkey is something held, and no second factor.
5. The backup flags agree with each other and, once a passkey is known, with what it was (§7.1 steps 16-18).
6. The signature is the credential's (§7.2 step 21), and its counter has grown (§7.2 step 22): a copy of it would
   fall behind. We refuse where the standard leaves the choice.
7. Attestation is asked for as `none` and weighed by nobody; a form that carries certificates is refused before one
   of them is read (§7.1 steps 21-24).

Whoever called gets `Unproven`, and never which step failed; `why` tells it to the log.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import webauthn
from webauthn.helpers import (
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_authenticator_data,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Unproven

if TYPE_CHECKING:
    from collections.abc import Sequence

_QUOTES = re.compile("[\"']")
MAX_ANSWER_CHARS = 16_384
TIMEOUT_MS = 300_000
"""Five minutes, within what WebAuthn Level 3 §15.1 advises where the user is verified."""
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Whom passkeys are made for.

    Attributes:
        rp_id: the host name of the console, as `localhost`; an IP address cannot be one.
        origin: scheme, host and port as a browser writes them, as `http://localhost:8410`.
        name: what a browser shows.
    """

    rp_id: str
    origin: str
    name: str = "Lockhouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """What is kept of a passkey.

    Attributes:
        id: the credential's, as the authenticator chose it.
        public_key: COSE_Key bytes.
        aaguid: which model of authenticator it says it is; nobody vouches for it.
        is_synced: backup eligible (BE): it may live on several devices, so that it is no
            hardware key (NIST SP 800-63B-4 §2.3.1).
        is_backed_up: the backup state (BS) when it was last seen.
    """

    id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    is_synced: bool
    is_backed_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a passkey said when it was used: its counter and whether it is backed up now."""

    sign_count: int
    is_backed_up: bool


def making_options(site: Site, *, user: bytes, login: str, challenge: bytes, known: Sequence[bytes] = ()) -> str:
    """What `navigator.credentials.create` takes, as JSON text: a discoverable, user-verifying passkey, none of `known`.

    Args:
        user: the id of the member of staff, 16 random bytes; it comes back as the user handle.
        login: shown by the browser and the authenticator beside the passkey.
        known: ids of the passkeys the member has, so that one authenticator is not enrolled twice.
    """
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id, rp_name=site.name, user_id=user, user_name=login, challenge=challenge, timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        supported_pub_key_algs=ALGORITHMS,
    )  # fmt: skip
    return webauthn.options_to_json(options)


def using_options(site: Site, *, challenge: bytes, known: Sequence[bytes] = ()) -> str:
    """What `navigator.credentials.get` takes, as JSON text.

    Args:
        known: ids of the passkeys that may answer; none for signing in, where naming any would tell who has an account.
    """
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id, challenge=challenge, timeout=TIMEOUT_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )  # fmt: skip
    return webauthn.options_to_json(options)


def made(site: Site, answer: str, *, challenge: bytes) -> Passkey:
    """The passkey that an answer to `making_options` made.

    Raises:
        Unproven: any step failed. Which one is not told; `why` tells the log.
    """
    try:
        credential = parse_registration_credential_json(_sized(answer))
        _same_site(credential.response.client_data_json)
        _unattested(credential.response.attestation_object)
        verified = webauthn.verify_registration_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=site.rp_id,
            expected_origin=site.origin, require_user_presence=True, require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )  # fmt: skip
        _is(equal(verified.credential_id, credential.raw_id), "the attested credential is the one that answers")
    except Exception as err:  # whatever a stranger's bytes make a parser raise, they prove nobody
        raise _unproven() from err
    return Passkey(
        id=verified.credential_id, public_key=verified.credential_public_key, sign_count=verified.sign_count,
        aaguid=verified.aaguid, is_synced=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        is_backed_up=verified.credential_backed_up,
    )  # fmt: skip


def answering(answer: str) -> tuple[bytes, bytes | None]:
    """Which credential says it answers, and for which user; nothing of it is proven yet.

    Raises:
        Unproven: the answer is no assertion.
    """
    try:
        credential = parse_authentication_credential_json(_sized(answer))
    except Exception as err:  # whatever a stranger's bytes make a parser raise, they prove nobody
        raise _unproven() from err
    return credential.raw_id, credential.response.user_handle


def used(site: Site, answer: str, *, challenge: bytes, user: bytes, passkey: Passkey) -> Used:
    """What a passkey of `user` said in an answer to `using_options`.

    Raises:
        Unproven: any step failed. Which one is not told; `why` tells the log.
    """
    try:
        credential = parse_authentication_credential_json(_sized(answer))
        _is(equal(credential.raw_id, passkey.id), "the credential is the one asked about")
        handle = credential.response.user_handle
        _is(handle is None or equal(handle, user), "the user handle is the member's")
        _same_site(credential.response.client_data_json)
        verified = webauthn.verify_authentication_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=site.rp_id,
            expected_origin=site.origin, credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count, require_user_verification=True,
        )  # fmt: skip
        flags = parse_authenticator_data(credential.response.authenticator_data).flags
        _is(flags.be == passkey.is_synced, "backup eligibility is what it was")
    except Exception as err:  # whatever a stranger's bytes make a parser raise, they prove nobody
        raise _unproven() from err
    return Used(sign_count=verified.new_sign_count, is_backed_up=verified.credential_backed_up)


def why(error: Unproven) -> str:
    """Which step failed, for the log: in our words, or the library's up to the first thing it quotes."""
    cause = error.__cause__
    if isinstance(cause, _Unmet):
        return str(cause)
    # Between quotes stands what somebody sent.
    return "unknown" if cause is None else f"{type(cause).__name__}: {_QUOTES.split(str(cause))[0].strip()}"


class _Unmet(Exception):
    """A step of ours failed."""


def _is(met: bool, expected: str) -> None:  # noqa: FBT001  (reads as the sentence it checks)
    if not met:
        raise _Unmet(expected)


def _unproven() -> Unproven:
    return Unproven("passkey: expected an answer that proves whose it is", hint="try again, or use another way in")


def _sized(answer: str) -> str:
    _is(len(answer) <= MAX_ANSWER_CHARS, "an answer of 16 KiB at most")
    return answer


def _same_site(client_data: bytes) -> None:
    told = json.loads(client_data)
    _is(isinstance(told, dict), "client data is an object")
    _is(told.get("crossOrigin", False) is False and "topOrigin" not in told, "made in no other site's frame")


def _unattested(attestation: bytes) -> None:
    told = parse_attestation_object(attestation)
    is_plain = told.fmt == AttestationFormat.NONE
    is_self = told.fmt == AttestationFormat.PACKED and told.att_stmt.x5c is None
    _is(is_plain or is_self, "no certificate beside the passkey")
