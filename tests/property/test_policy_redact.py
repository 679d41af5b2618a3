"""Whatever a text holds: what is taken out of it stays out, nothing of it is left, and nothing else is touched."""

# Signs that look like others are what is tested.

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.policy.types import redact
from lockhouse.policy.types.digits import luhn
from lockhouse.policy.types.values import MAX_TEXT
from tests.unit.policy.test_redact import HARD, NATIONAL, STAYS

SECRETS = [
    "ann.lee+shop@mail.shop.example", "4111 1111 1111 1111", "378282246310005", "DE89 3704 0044 0532 0130 00",
    "+49 151 12345678", "(212) 555-0123", "203.0.113.219", "2001:db8:85a3::8a2e:370:7334", "ghp_" + "a1B2" * 9,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl", *(number for _, number in NATIONAL),
]  # fmt: skip
LEFT = 5
"""So many signs of a secret in a row would be a piece of it, and not a year or a house number."""
GLUE = [" ", ", ", "; ", "\n", " (", ") ", '"', "\u00a0", " = ", "… "]
words = st.text(st.sampled_from(string.ascii_letters + "äéß"), min_size=1, max_size=12)
secrets = st.sampled_from(SECRETS)
odd = st.text(st.sampled_from("0123456789 -./+()@:%_[]aAxZ'\u2011\u0664\u200b\u00a0eyJ"), max_size=40)
pieces = st.one_of(words, secrets, odd, st.sampled_from([raw for raw, _ in HARD] + STAYS))
jumbles = st.lists(st.tuples(pieces, st.sampled_from(["", *GLUE])), max_size=8).map(
    lambda drawn: "".join(piece + glue for piece, glue in drawn)
)


@given(text=jumbles)
def test_what_has_been_redacted_is_not_changed_by_redacting_it_again(text: str) -> None:
    once = redact.identifiers(text)
    assert redact.identifiers(once) == once
    without = redact.cards(text)
    assert redact.cards(without) == without


@given(before=words, secret=secrets, glue=st.sampled_from(GLUE), after=secrets, end=words)
def test_no_piece_of_a_secret_is_left_beside_words_and_other_secrets(
    before: str, secret: str, glue: str, after: str, end: str
) -> None:
    kept = _compact(redact.identifiers(f"{before}{glue}{secret}, {after}{glue}{end}").replace("[e-mail]", "|"))
    own = _compact(before + end)
    for one in (_compact(secret), _compact(after)):
        pieces_of_it = {one[at : at + LEFT] for at in range(len(one) - LEFT + 1)}
        assert [piece for piece in pieces_of_it if piece in kept and piece not in own] == []


@given(text=st.lists(words, max_size=30).map(" ".join))
def test_words_are_never_touched(text: str) -> None:
    assert redact.identifiers(text) == text
    assert redact.cards(text) == text


@given(text=st.text(max_size=300))
def test_any_text_at_all_comes_back_as_text_that_can_be_kept(text: str) -> None:
    assert len(redact.identifiers(text * 20)) <= max(MAX_TEXT, 20 * len(text))
    assert redact.identifiers(redact.identifiers(text)) == redact.identifiers(text)


@given(
    head=st.sampled_from(["4", "51", "34", "6011", "3528", "2221", "36"]),
    rest=st.text("0123456789", min_size=14, max_size=14),
)
def test_every_card_number_is_taken_out_of_every_text_and_no_other_number(head: str, rest: str) -> None:
    digits = (head + rest)[: {"34": 14, "36": 13}.get(head, 15)]
    numbers = [digits + last for last in string.digits]
    [card] = [number for number in numbers if luhn(number)]
    layout = "(....)(......)(.*)" if len(digits) < 15 else "(....)(....)(....)(....)"
    for number in numbers:
        for form in (number, re.sub(layout, lambda found: " ".join(found.groups()), number)):
            kept = "[card]" if number == card else form
            assert redact.cards(f"no. {form}, please") == f"no. {kept}, please"


def test_a_text_that_goes_on_changing_is_redacted_as_a_whole() -> None:
    assert redact._settled("a", lambda text: text + "b") == redact.ALL
    assert redact.identifiers(redact.ALL) == redact.ALL


@pytest.mark.parametrize("size", [MAX_TEXT // 7, MAX_TEXT])
def test_a_text_full_of_short_secrets_is_not_longer_than_a_text_may_be(size: int) -> None:
    kept = redact.identifiers("a@b.cc " * (size // 7))
    assert len(kept) <= MAX_TEXT
    assert "@" not in kept


def _compact(text: str) -> str:
    return re.sub(r"[^0-9a-z|]", "", text.lower().translate({ord("ä"): "a", ord("é"): "e"}))
