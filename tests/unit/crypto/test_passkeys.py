"""A passkey proves whose it is, or nothing; and whoever failed is not told at what."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cbor2
import pytest

from lockhouse.crypto import passkeys
from lockhouse.crypto.passkeys import Passkey, Site, answering, made, making_options, used, using_options, why
from lockhouse.errors import Unproven
from tests.authenticator import BE, BS, UP, UV, Authenticator, b64, raw

SITE = Site(rp_id="localhost", origin="http://localhost:8410")
USER = b"u" * 16
CHALLENGE = b"c" * 32
_Bend = Callable[[Authenticator], None]


def _enrolled(authenticator: Authenticator) -> Passkey:
    asked = making_options(SITE, user=USER, login="anna@example.com", challenge=CHALLENGE)
    return made(SITE, authenticator.make(asked), challenge=CHALLENGE)


def _asked(passkey: Passkey | None = None, challenge: bytes = CHALLENGE) -> str:
    return using_options(SITE, challenge=challenge, known=() if passkey is None else (passkey.id,))


def _used(answer: str, passkey: Passkey, *, challenge: bytes = CHALLENGE, user: bytes = USER) -> passkeys.Used:
    return used(SITE, answer, challenge=challenge, user=user, passkey=passkey)


def _inside(answer: str, member: str, change: Callable[[bytes], bytes]) -> str:
    told: dict[str, Any] = json.loads(answer)
    told["response"][member] = b64(change(raw(told["response"][member])))
    return json.dumps(told)


def test_a_passkey_is_made_and_signs_its_owner_in() -> None:
    authenticator = Authenticator()
    passkey = _enrolled(authenticator)
    answer = authenticator.use(_asked())
    assert answering(answer) == (passkey.id, USER)
    assert _used(answer, passkey) == passkeys.Used(sign_count=1, is_backed_up=False)
    assert (passkey.is_synced, passkey.is_backed_up, passkey.sign_count) == (False, False, 0)


def test_a_synced_passkey_says_so_and_its_counter_may_stay_at_nought() -> None:
    authenticator = Authenticator(flags=UP | UV | BE | BS, counts=False)
    passkey = _enrolled(authenticator)
    assert (passkey.is_synced, passkey.is_backed_up) == (True, True)
    authenticator.flags = UP | UV | BE
    assert _used(authenticator.use(_asked()), passkey) == passkeys.Used(sign_count=0, is_backed_up=False)


@pytest.mark.asvs("6.3.3")
def test_options_ask_for_a_verified_user_and_name_nobody_who_signs_in() -> None:
    making = json.loads(making_options(SITE, user=USER, login="anna", challenge=CHALLENGE, known=(b"k" * 16,)))
    assert making["authenticatorSelection"] == {
        "residentKey": "required", "requireResidentKey": True, "userVerification": "required",
    }  # fmt: skip
    assert [one["id"] for one in making["excludeCredentials"]] == [b64(b"k" * 16)]
    assert [one["alg"] for one in making["pubKeyCredParams"]] == [-7, -8, -257]
    using = json.loads(using_options(SITE, challenge=CHALLENGE))
    assert (using["allowCredentials"], using["userVerification"], using["rpId"]) == ([], "required", "localhost")


BENT: dict[str, _Bend] = {
    "no user verification": lambda one: setattr(one, "flags", UP),
    "no user presence": lambda one: setattr(one, "flags", UV),
    "wrong origin": lambda one: setattr(one, "origin", "http://localhost:8411"),
    "an origin that begins alike": lambda one: setattr(one, "origin", "http://localhost:8410.evil.example"),
    "wrong relying party": lambda one: setattr(one, "rp_id", "evil.example"),
    "cross-origin frame": lambda one: setattr(one, "client", {"crossOrigin": True}),
    "cross-origin in another spelling": lambda one: setattr(one, "client", {"crossOrigin": "false"}),
    "another site on top": lambda one: setattr(one, "client", {"topOrigin": "https://evil.example"}),
    "backed up but not eligible": lambda one: setattr(one, "flags", UP | UV | BS),
    "another ceremony": lambda one: setattr(one, "client", {"type": "payment.get"}),
    "another challenge": lambda one: setattr(one, "client", {"challenge": b64(b"x" * 32)}),
}


@pytest.mark.parametrize("bent", [*BENT.values()], ids=[*BENT])
def test_no_passkey_is_made_where_the_answer_is_bent(bent: _Bend) -> None:
    authenticator = Authenticator()
    bent(authenticator)
    with pytest.raises(Unproven, match=r"^passkey: expected an answer that proves whose it is$"):
        _enrolled(authenticator)


@pytest.mark.parametrize("bent", [*BENT.values()], ids=[*BENT])
def test_nobody_is_proven_by_a_bent_answer(bent: _Bend) -> None:
    authenticator = Authenticator()
    passkey = _enrolled(authenticator)
    bent(authenticator)
    with pytest.raises(Unproven, match=r"^passkey: expected an answer that proves whose it is$"):
        _used(authenticator.use(_asked()), passkey)


@pytest.mark.asvs("6.7.2")
def test_an_answer_of_an_earlier_ceremony_proves_nobody() -> None:
    authenticator = Authenticator()
    passkey = _enrolled(authenticator)
    answer = authenticator.use(_asked())
    _used(answer, passkey)
    with pytest.raises(Unproven) as caught:
        _used(answer, passkey, challenge=b"d" * 32)
    assert "challenge" in why(caught.value)


@pytest.mark.parametrize("stored", [1, 2, 2**32 - 1])
def test_a_counter_that_did_not_grow_is_a_copy(stored: int) -> None:
    authenticator = Authenticator()
    passkey = _enrolled(authenticator)
    with pytest.raises(Unproven) as caught:
        _used(authenticator.use(_asked()), replace(passkey, sign_count=stored))
    assert "sign count" in why(caught.value)


def test_a_counter_that_falls_back_to_nought_is_a_copy() -> None:
    authenticator = Authenticator(counts=False)
    passkey = replace(_enrolled(authenticator), sign_count=7)
    with pytest.raises(Unproven):
        _used(authenticator.use(_asked()), passkey)


def test_a_passkey_of_somebody_else_proves_nobody() -> None:
    mine, theirs = Authenticator(), Authenticator()
    passkey, _ = _enrolled(mine), _enrolled(theirs)
    with pytest.raises(Unproven) as caught:
        _used(theirs.use(_asked()), passkey)
    assert why(caught.value) == "the credential is the one asked about"


def test_a_foreign_passkey_under_the_id_of_ours_proves_nobody() -> None:
    mine, theirs = Authenticator(), Authenticator()
    passkey, _ = _enrolled(mine), _enrolled(theirs)
    theirs.passkeys[-1].id = passkey.id
    with pytest.raises(Unproven) as caught:
        _used(theirs.use(_asked()), passkey)
    assert "signature" in why(caught.value)


def test_a_user_handle_of_somebody_else_proves_nobody() -> None:
    authenticator = Authenticator()
    passkey = _enrolled(authenticator)
    with pytest.raises(Unproven):
        _used(authenticator.use(_asked()), passkey, user=b"v" * 16)


def test_a_passkey_that_became_another_kind_proves_nobody() -> None:
    authenticator = Authenticator()
    passkey = _enrolled(authenticator)
    authenticator.flags = UP | UV | BE
    with pytest.raises(Unproven) as caught:
        _used(authenticator.use(_asked()), passkey)
    assert why(caught.value) == "backup eligibility is what it was"


@pytest.mark.parametrize("member", ["signature", "authenticatorData", "clientDataJSON"])
def test_an_answer_with_one_changed_bit_proves_nobody(member: str) -> None:
    authenticator = Authenticator()
    passkey = _enrolled(authenticator)
    answer = authenticator.use(_asked())
    with pytest.raises(Unproven):
        _used(_inside(answer, member, lambda one: one[:-1] + bytes([one[-1] ^ 1])), passkey)


def test_an_attestation_with_certificates_is_refused_before_they_are_read() -> None:
    asked = making_options(SITE, user=USER, login="anna", challenge=CHALLENGE)

    def certified(attestation: bytes) -> bytes:
        statement = {"alg": -7, "sig": b"s", "x5c": [b"no certificate"]}
        return cbor2.dumps(cbor2.loads(attestation) | {"fmt": "packed", "attStmt": statement})

    answer = _inside(Authenticator().make(asked), "attestationObject", certified)
    with pytest.raises(Unproven) as caught:
        made(SITE, answer, challenge=CHALLENGE)
    assert why(caught.value) == "no certificate beside the passkey"


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"id": 1}', "[" * 9_000, "x" * 20_000, "\ud800"])
def test_what_is_no_answer_proves_nobody(answer: str) -> None:
    passkey = _enrolled(Authenticator())
    for attempt in (
        lambda: answering(answer),
        lambda: _used(answer, passkey),
        lambda: made(SITE, answer, challenge=CHALLENGE),
    ):
        with pytest.raises(Unproven):
            attempt()


@pytest.mark.asvs("16.2.5")
def test_the_log_is_told_no_word_of_the_answer() -> None:
    authenticator = Authenticator(origin="https://secret.example")
    with pytest.raises(Unproven) as caught:
        _enrolled(authenticator)
    assert why(caught.value) == "InvalidRegistrationResponse: Unexpected client data origin"
    with pytest.raises(Unproven) as caught:
        answering(json.dumps({"id": "AA", "rawId": "AA", "type": "secret", "response": {}}))
    assert "secret" not in why(caught.value)
    assert why(Unproven("nothing behind it")) == "unknown"
