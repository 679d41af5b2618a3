"""Our wrappers against the published vectors of what they wrap."""

import re
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lockhouse.crypto import SigningKey, derive, equal, hmac_sha256, open_bytes, seal_bytes, stretch, verify
from lockhouse.crypto.derive import expand, extract, keyed, open_blob
from lockhouse.errors import Invalid, Tampered
from lockhouse.secret import Secret

VECTORS = Path(cryptography_vectors.__file__).parent


def _cases(path: str) -> list[dict[str, str]]:
    """The paragraphs of a NIST vector file as dictionaries; headings in brackets hold for what follows."""
    cases: list[dict[str, str]] = []
    heading: dict[str, str] = {}
    for paragraph in (VECTORS / path).read_text("ascii").replace("\r", "").split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line and not line.startswith("#")]
        parts = [line.strip("[]").partition("=") for line in lines]
        found = {name.strip(): value.strip() for name, _, value in parts}
        if lines and lines[0].startswith("["):
            heading |= found
        elif found:
            cases.append(heading | found)
    return cases


def _bytes(case: dict[str, str], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


def test_hmac_agrees_with_rfc_4231() -> None:
    cases = _cases("HMAC/rfc-4231-sha256.txt")
    assert len(cases) >= 4
    for case in cases:
        key, message, mac = _bytes(case, "Key", "Msg", "MD")
        assert hmac_sha256(Secret(key), message) == mac


def test_hkdf_agrees_with_rfc_5869() -> None:
    tests = (VECTORS / "KDF/rfc-5869-HKDF-SHA256.txt").read_text("ascii").split("COUNT =")[1:]
    assert len(tests) == 3
    for test in tests:
        case = dict(re.findall(r"^(\w+) *= *([0-9a-f]*)$", test, re.MULTILINE))
        ikm, salt, info, okm = _bytes(case, "IKM", "salt", "info", "OKM")
        assert expand(extract(keyed(salt), ikm), info) == okm[:32]


def test_hkdf_agrees_with_the_library_s() -> None:
    for salt in (b"", b"salt", bytes(100)):
        library = HKDF(SHA256(), 32, salt, b"info").derive(b"key material")
        assert derive(Secret(b"key material"), b"info", salt=salt) == Secret(library)


def test_opening_agrees_with_nist_s_gcm_vectors() -> None:
    cases = [
        case
        for case in _cases("ciphers/AES/GCM/gcmDecrypt256.rsp")
        if case.get("IVlen") == "96" and case.get("Taglen") == "128" and "Key" in case
    ]
    assert len(cases) > 100
    refused = 0
    for case in cases:
        key, nonce, ciphertext, aad, tag = _bytes(case, "Key", "IV", "CT", "AAD", "Tag")
        blob = b"\x01" + nonce + ciphertext + tag
        if "FAIL" in case:
            refused += 1
            with pytest.raises(Tampered):
                open_blob(AESGCM(key), blob, aad)
        else:
            assert open_bytes(Secret(key), blob, aad) == bytes.fromhex(case["PT"])
    assert refused > 10


def test_sealing_agrees_with_nist_s_gcm_vectors() -> None:
    cases = [
        case
        for case in _cases("ciphers/AES/GCM/gcmEncryptExtIV256.rsp")
        if case.get("IVlen") == "96" and case.get("Taglen") == "128" and "Key" in case
    ]
    assert len(cases) > 100
    for case in cases:
        key, nonce, plaintext, ciphertext, aad, tag = _bytes(case, "Key", "IV", "PT", "CT", "AAD", "Tag")
        sealed = seal_bytes(Secret(key), plaintext, aad, entropy=lambda _, nonce=nonce: nonce)  # type: ignore[misc]
        assert sealed == b"\x01" + nonce + ciphertext + tag


@pytest.mark.parametrize("blob", [b"", b"\x01", bytes(29), b"\x02" + bytes(40), b"\x01" + bytes(27)])
def test_bytes_of_another_version_or_too_few_are_tampered(blob: bytes) -> None:
    with pytest.raises(Tampered, match="sealed bytes: expected version 1"):
        open_bytes(Secret(bytes(32)), blob, b"")


def test_a_wrong_key_and_a_wrong_context_answer_alike() -> None:
    blob = seal_bytes(Secret(b"k" * 32), b"plain", b"here")
    texts = set()
    for key, aad in ((b"l" * 32, b"here"), (b"k" * 32, b"there")):
        with pytest.raises(Tampered) as raised:
            open_bytes(Secret(key), blob, aad)
        texts.add(raised.value.text)
    assert texts == {"sealed bytes: expected what was sealed here"}


def test_argon2id_agrees_with_the_published_vectors() -> None:
    # Without secret and associated data, which Lockhouse does not use (RFC 9106 §3.1).
    key = stretch(Secret(b"password"), b"somesalt", memory_kib=65536, iterations=2, lanes=1)
    assert key == Secret(bytes.fromhex("09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"))


def test_parameters_that_argon2id_does_not_take_are_invalid() -> None:
    with pytest.raises(Invalid, match="passphrase: expected parameters of RFC 9106"):
        stretch(Secret(b"password"), b"salt", memory_kib=1, iterations=0, lanes=1)


def test_signatures_agree_with_the_reference_vectors() -> None:
    lines = (VECTORS / "asymmetric/Ed25519/sign.input").read_text("ascii").splitlines()
    for line in lines[:64]:
        secret, public, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        key = SigningKey.from_secret(Secret(secret[:32]))
        assert (key.public(), key.sign(message)) == (public, signed[:64])
        verify(public, message, signed[:64])
        with pytest.raises(Tampered, match="signature: expected one by the stated key"):
            verify(public, message + b"x", signed[:64])


def test_a_signing_key_comes_back_from_its_secret() -> None:
    key = SigningKey.generate()
    assert SigningKey.from_secret(key.secret()).public() == key.public()
    with pytest.raises(Invalid, match="signing key: expected 32 bytes, got 5"):
        SigningKey.from_secret(Secret(b"short"))
    with pytest.raises(Tampered):
        verify(b"short", b"", bytes(64))


def test_digests_are_compared_whole() -> None:
    assert equal(b"ab", b"ab")
    assert not equal(b"ab", b"ac")
    assert not equal(b"ab", b"abc")
