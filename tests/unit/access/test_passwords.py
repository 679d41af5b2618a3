"""A password is taken if it is long, not guessed first, and not made of the house's own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn import matching

from lockhouse.access.passwords import ALONE, MOST, REFUSALS, WITH_SECOND, refusal

WORDS = ("Lockhouse of Müller & Söhne", "anna.schmidt@example.com")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("Jk3!9dQ", "too-short"),
        ("\ufb01\ufb01\ufb01", "too-short"),  # NFKC makes six letters of three ligatures
        ("x" * 257, "too-long"),
        ("\ud800" * 20, "not-text"),
        ("password", "guessed-first"),
        ("qwertyuiopasdfgh", "guessed-first"),
        ("Tr0ub4dour&3", "guessed-first"),
        ("a1" * 100, "guessed-first"),
        ("lockhouse-2026", "of-this-house"),
        ("ANNA.schmidt!99", "of-this-house"),
        ("mu\u0308ller2026", "of-this-house"),
    ],
)
@pytest.mark.asvs("6.2.4", "6.2.11")
def test_a_weak_password_is_not_taken_and_one_word_says_why(password: str, said: str) -> None:
    assert refusal(password, alone=False, words=WORDS) == said
    assert said in REFUSALS


@pytest.mark.parametrize(
    "password", ["Jk3!9dQz", "sunflower meadow", "zwölf Hühner tanzen", "密码很长而且很奇怪吧你说呢"]
)
@pytest.mark.asvs("6.2.5")
def test_a_good_password_is_taken_whatever_it_is_made_of(password: str) -> None:
    assert refusal(password, alone=False, words=WORDS) is None


@pytest.mark.asvs("6.2.1")
def test_alone_a_password_has_fifteen_signs_and_beside_a_second_factor_eight() -> None:
    assert (ALONE, WITH_SECOND, MOST) == (15, 8, 256)
    assert refusal("hT8#kq2LwPz4vB", alone=True) == "too-short"
    assert refusal("hT8#kq2LwPz4vB9", alone=True) is None
    assert refusal("hT8#kq2L", alone=False) is None


@pytest.mark.parametrize("length", [64, 128, 256])
@pytest.mark.asvs("6.2.9")
def test_long_passwords_are_taken(length: int) -> None:
    assert refusal(("correct horse battery staple, said the 7 owls; " * 6)[:length], alone=True) is None


def test_signs_are_counted_not_bytes() -> None:
    assert refusal("密码很奇怪", alone=False) == "too-short"


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_is_answered(password: str) -> None:
    assert refusal(password, alone=False, words=WORDS) in {*REFUSALS, None}


def test_the_words_of_one_house_do_not_stay_for_the_next() -> None:
    before = dict(matching.RANKED_DICTIONARIES)
    assert refusal("kestrelkestrelkestrel falcon", alone=False, words=("kestrel",)) == "of-this-house"
    assert before == matching.RANKED_DICTIONARIES
