"""How the quality of redaction is counted: on texts whose answer is known."""

from __future__ import annotations

import pytest

from bench.redaction import FLOORS, Tally, Text, missed, replaced, table


def _text(text: str, *spans: tuple[str, str], name: str = "presidio") -> Text:
    found = [(kind, text.index(value), text.index(value) + len(value)) for kind, value in spans]
    return Text(set=name, text=text, spans=found)


def test_an_identifier_counts_as_found_if_nothing_of_it_is_left() -> None:
    tally = Tally()
    tally.add(_text("mail ann@shop.example", ("EMAIL_ADDRESS", "ann@shop.example")))
    tally.add(_text("card 4111 1111 1111 1112", ("CREDIT_CARD", "4111 1111 1111 1112")))
    tally.add(_text("I am Ann", ("PERSON", "Ann")))
    assert (tally.texts, tally.recall, tally.precision) == (3, 0.5, 1.0)
    assert tally.figures()["recall"] == {"CREDIT_CARD": 0.0, "EMAIL_ADDRESS": 1.0}


def test_a_piece_that_is_left_is_a_miss_and_a_word_for_nothing_is_in_vain() -> None:
    tally = Tally()
    tally.add(_text("x 1 +49 151 12345678", ("PHONE_NUMBER", "1 +49 151 12345678")))
    tally.add(_text("order 4111 1111 1111 1111", ("ORDER", "4111 1111 1111 1111"), name="national"))
    assert (tally.recall, tally.precision) == (0.0, 0.5)
    assert dict(tally.in_vain) == {"[card]": 1}
    assert "| all | 1 | 0 | 0.000 |" in table({"presidio": tally})
    assert "precision 0.500: of 2 words put in, in vain: 1 [card]" in table({"presidio": tally})


def test_where_words_were_put_in_is_read_from_what_is_left() -> None:
    text = "a 4111 1111 1111 1111 b ann@shop.example"
    assert replaced(text, "a [card] b [e-mail]") == [(2, 21, "[card]"), (24, 40, "[e-mail]")]
    assert replaced(text, text) == []
    with pytest.raises(ValueError, match="with words put in"):
        replaced(text, "another [card]")


def test_a_set_below_its_floor_or_not_there_is_named() -> None:
    good, bad = Tally(), Tally()
    good.add(_text("ann@shop.example", ("EMAIL_ADDRESS", "ann@shop.example")))
    bad.add(_text("12345", ("Poland", "12345"), name="national"))
    assert missed({"presidio": good, "national": bad}) == ["national"]
    assert missed({}) == list(FLOORS)
