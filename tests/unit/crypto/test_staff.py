"""The keys of staff: branches of one secret, bound to house, kind and place; passwords hashed under a pepper."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.crypto.staff import Cost, StaffKeys, place
from lockhouse.errors import Invalid, Tampered
from lockhouse.secret import Secret

CHEAP = Cost(memory_kib=8, iterations=1, lanes=1)
HOUSE = b"h" * 16
KEYS = StaffKeys.of(Secret(b"i" * 32), house=HOUSE, cost=CHEAP)
HERE = place("factor", b"s" * 16, "box")


def test_the_same_house_has_the_same_keys_and_another_has_others() -> None:
    again = StaffKeys.of(Secret(b"i" * 32), house=HOUSE, cost=CHEAP)
    staged = StaffKeys.of(Secret(b"i" * 32), house=b"g" * 16, cost=CHEAP)
    assert again.tag("login", "anna") == KEYS.tag("login", "anna")
    assert staged.tag("login", "anna") != KEYS.tag("login", "anna")
    assert again.open(KEYS.seal(Secret(b"seed"), place=HERE), place=HERE) == Secret(b"seed")
    with pytest.raises(Tampered):
        staged.open(KEYS.seal(Secret(b"seed"), place=HERE), place=HERE)


@given(kind=st.sampled_from(["link", "session"]), secret=st.binary(max_size=40))
def test_a_tag_is_of_one_kind_and_one_secret(kind: str, secret: bytes) -> None:
    other = "session" if kind == "link" else "link"
    assert len(KEYS.tag(kind, secret)) == 32
    assert KEYS.tag(kind, secret) not in {KEYS.tag(other, secret), KEYS.tag(kind, secret + b"\x00")}


def test_a_login_is_found_however_it_was_typed() -> None:
    typed = ["Änna@Example.com", " änna@example.COM ", "A\u0308nna@example.com"]
    assert len({KEYS.login_tag(one) for one in typed}) == 1
    assert KEYS.login_tag("anna@example.com") != KEYS.login_tag("änna@example.com")
    assert len(KEYS.login_tag("\ud800")) == 32


@pytest.mark.asvs("6.7.2", "6.6.2")
def test_a_challenge_is_of_one_ceremony_and_one_deed() -> None:
    ones = {KEYS.challenge(ceremony, bound) for ceremony in (b"a", b"b") for bound in (b"x", b"y")}
    assert len(ones) == 4


@pytest.mark.parametrize(
    "elsewhere",
    [place("factor", b"t" * 16, "box"), place("staff", b"s" * 16, "box"), place("factor", b"s" * 16, "name")],
)
@pytest.mark.asvs("13.3.1")
def test_what_was_sealed_opens_at_its_place_alone(elsewhere: bytes) -> None:
    secret, fields = KEYS.seal(Secret(b"seed"), place=HERE), KEYS.seal_fields({1: "anna", 2: 7}, place=HERE)
    assert KEYS.open(secret, place=HERE) == Secret(b"seed")
    assert KEYS.open_fields(fields, place=HERE) == {1: "anna", 2: 7}
    with pytest.raises(Tampered):
        KEYS.open(secret, place=elsewhere)
    with pytest.raises(Tampered):
        KEYS.open_fields(fields, place=elsewhere)


def test_sealed_names_of_other_lengths_are_as_long() -> None:
    assert len(KEYS.seal_fields({1: "Li"}, place=HERE)) == len(KEYS.seal_fields({1: "Anna Maria"}, place=HERE))


@pytest.mark.asvs("6.2.8")
def test_a_password_is_found_right_by_its_hash_however_its_signs_were_typed() -> None:
    phc = KEYS.hash("Ängste, 3 Stück")
    assert KEYS.matches("Ängste, 3 Stück", phc)
    assert KEYS.matches("A\u0308ngste, 3 Stu\u0308ck", phc)
    assert not KEYS.matches("ängste, 3 stück", phc)
    assert KEYS.hash("Ängste, 3 Stück") != phc


@pytest.mark.asvs("13.3.2")
def test_a_hash_cannot_be_guessed_at_without_the_pepper() -> None:
    phc = KEYS.hash("a long enough password")
    with pytest.raises(Exception, match="Keys do not match"):
        Argon2id.verify_phc_encoded(b"a long enough password", phc)
    assert not StaffKeys.of(Secret(b"j" * 32), house=HOUSE, cost=CHEAP).matches("a long enough password", phc)


def test_a_hash_of_another_cost_is_to_be_made_again() -> None:
    phc = KEYS.hash("a long enough password")
    dearer = StaffKeys.of(Secret(b"i" * 32), house=HOUSE, cost=Cost(memory_kib=16, iterations=1, lanes=1))
    assert not KEYS.outdated(phc)
    assert dearer.outdated(phc)
    assert dearer.matches("a long enough password", phc)


def test_the_cost_is_that_of_rfc_9106_unless_somebody_says_otherwise() -> None:
    keys = StaffKeys.of(Secret(b"i" * 32), house=HOUSE)
    assert keys.hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_an_account_without_a_password_matches_nothing() -> None:
    assert not KEYS.matches("", None)
    assert not KEYS.matches("anything", None)


def test_a_password_that_is_no_text_matches_nothing_and_is_not_hashed() -> None:
    assert not KEYS.matches("\ud800", KEYS.hash(""))
    with pytest.raises(Invalid, match="password: expected text in UTF-8"):
        KEYS.hash("\ud800")


def test_parameters_that_argon2id_does_not_take_are_refused() -> None:
    with pytest.raises(Invalid, match="password hash: expected parameters of RFC 9106"):
        StaffKeys.of(Secret(b"i" * 32), house=HOUSE, cost=Cost(memory_kib=1)).hash("x")


@pytest.mark.asvs("7.2.3", "6.4.1")
def test_tokens_are_random_and_256_bits() -> None:
    assert len(KEYS.token()) == 32
    assert KEYS.token() != KEYS.token()
