"""One-time codes are those of RFC 4226 and RFC 6238."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from lockhouse.crypto.otp import STEP_S, code_at, enrolment_uri, new_seed, shown_seed
from lockhouse.secret import Secret

RFC = Secret(b"12345678901234567890")
"""The seed of RFC 4226 Appendix D and RFC 6238 Appendix B."""
HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
TOTP = {
    59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037",
    20000000000: "65353130",
}  # fmt: skip


@pytest.mark.parametrize(("step", "code"), [*enumerate(HOTP)])
def test_codes_are_those_of_rfc_4226_appendix_d(step: int, code: str) -> None:
    assert code_at(RFC, step) == code


@pytest.mark.parametrize(("at_s", "eight"), [*TOTP.items()])
def test_codes_of_a_moment_end_as_those_of_rfc_6238_appendix_b(at_s: int, eight: str) -> None:
    # The RFC prints eight digits; the last six of them are the number modulo 10^6, which six digits show.
    assert code_at(RFC, at_s // STEP_S) == eight[-6:]


@pytest.mark.asvs("6.5.3")
def test_a_seed_is_160_random_bits_and_is_shown_in_groups_of_four() -> None:
    seed = new_seed(lambda count: bytes(range(count)))
    assert len(seed) == 20
    assert shown_seed(seed) == "AAAQ EAYE AUDA OCAJ BIFQ YDIO B4IB CEQT"


def test_an_app_reads_the_address_as_it_was_meant() -> None:
    address = enrolment_uri(RFC, login="anna@example.com", issuer="Haus: Süd")
    parsed = pyotp.parse_uri(address)
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.name, parsed.issuer, parsed.at(59)) == ("anna@example.com", "Haus: Süd", "287082")
    assert parse_qs(urlsplit(address).query)["digits"] == ["6"]
