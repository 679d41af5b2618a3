from __future__ import annotations

import time
from typing import Any

import pytest

from lockhouse.errors import Invalid
from lockhouse.model.policy import Field
from lockhouse.policy.types import BadValueError, TooLongError, minimise, parser, redact
from lockhouse.policy.types.mask import mask


def _field(kind: str, **more: Any) -> Field:
    return Field(id=1, name="f", type=kind, class_="profile", purposes=("care",), **more)


GOOD = [
    ("email", " Ann@Shop.EXAMPLE ", "ann@shop.example"),
    ("email", "ann+tag@shop.example", "ann+tag@shop.example"),
    ("email", "ann@münchen.example", "ann@xn--mnchen-3ya.example"),
    ("email", "ann@shop.example", "ann@shop.example"),  # full-width letters
    ("phone", "+4915112345678", "+4915112345678"),
    ("phone", "0151 123 45678", "+4915112345678"),
    ("phone", "+49 (0)151 12345678", "+4915112345678"),
    ("phone", "+1 212 555 0123", "+12125550123"),
    ("text", "cafe\u0301", "caf\u00e9"),
    ("text", 12, "12"),
    ("id", " A-1 ", "A-1"),
    ("id", 77, "77"),
    ("date", "1990-02-28", "1990-02-28"),
    ("date", "1990-02-28T10:00:00Z", "1990-02-28"),
    ("country", "de", "DE"),
    ("country", "UK", "GB"),
    ("money", 19.99, "19.99"),
    ("money", 27.0, "27"),
    ("money", 0.1, "0.1"),
    ("money", 1e-7, "0.0000001"),
    ("money", "12.50", "12.5"),
    ("money", "-0", "0"),
    ("money", 5, "5"),
    ("decimal", "1e3", "1000"),
    ("integer", "42", 42),
    ("integer", 42.0, 42),
    ("boolean", "true", True),
    ("boolean", False, False),
    ("ip", "203.0.113.9", "203.0.113.9"),
    ("ip", "2001:DB8::1", "2001:db8::1"),
    ("ip", "::ffff:203.0.113.9", "203.0.113.9"),
    ("url", "https://shop.example/a?b=1", "https://shop.example/a?b=1"),
]
BAD = [
    ("email", "ann"), ("email", "ann@@shop.example"), ("email", ".ann@shop.example"), ("email", 5), ("email", ""),
    ("email", "ann@shop.example\n\n x"), ("phone", "12"), ("phone", "call me"), ("phone", 4915112345678),
    ("phone", "+999 123456789"), ("text", ["a"]), ("text", True), ("text", "\ud800"), ("id", "  "), ("id", {}),
    ("date", "1990-02-30"), ("date", "yesterday"), ("date", 19900228), ("country", "XX"), ("country", "Germany"),
    ("money", "12,50"), ("money", "NaN"), ("money", "1_000"), ("money", "1e99"), ("money", True), ("money", "٣"),
    ("integer", 1.5), ("integer", True), ("integer", "x"), ("boolean", 1), ("ip", "203.0.113.256"), ("ip", 1),
    ("country", 3),
]  # fmt: skip
LONG = [
    ("text", "x" * 4097), ("id", "x" * 257), ("email", "a" * 300 + "@x.example"), ("integer", 2**63),
    ("phone", "1" * 300), ("money", 10**31),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "raw", "kept"), GOOD)
def test_a_value_takes_its_canonical_form(kind: str, raw: Any, kept: Any) -> None:
    assert parser(_field(kind), country="DE")(raw) == kept


@pytest.mark.parametrize(("kind", "raw", "kept"), GOOD)
def test_a_canonical_value_is_its_own_canonical_form(kind: str, raw: Any, kept: Any) -> None:
    assert raw is not None
    assert parser(_field(kind), country="DE")(kept) == kept


@pytest.mark.parametrize(("kind", "raw"), BAD)
def test_a_bad_value_is_refused_without_a_word_about_it(kind: str, raw: Any) -> None:
    with pytest.raises(BadValueError) as caught:
        parser(_field(kind), country="DE")(raw)
    assert caught.value.args == ()


@pytest.mark.parametrize(("kind", "raw"), LONG)
def test_a_value_that_is_too_long_is_refused_as_such(kind: str, raw: Any) -> None:
    with pytest.raises(TooLongError):
        parser(_field(kind))(raw)


def test_a_phone_number_without_country_is_bad() -> None:
    with pytest.raises(BadValueError):
        parser(_field("phone"))("0151 123 45678")


def test_a_list_keeps_declared_keys_of_its_items_and_no_floats() -> None:
    parse = parser(_field("list", of={"sku": "text", "price": "money"}))
    assert parse([{"sku": "A", "price": 1.5, "buyer": "Ann"}, {}]) == [{"sku": "A", "price": "1.5"}, {}]
    assert parser(_field("list", of={"": "integer"}))([1, "2"]) == [1, 2]


def test_a_null_key_of_one_item_is_absent_and_costs_neither_the_item_nor_the_list() -> None:
    parse = parser(_field("list", of={"sku": "text", "price": "money"}))
    sent = [{"sku": "tea", "price": 4.5}, {"sku": "mug", "price": None}, {"sku": None, "note": None}]
    assert parse(sent) == [{"sku": "tea", "price": "4.5"}, {"sku": "mug"}, {}]
    with pytest.raises(BadValueError):
        parse([{"sku": "tea"}, None])
    for bad in ("A", [1], [{"price": "x"}]):
        with pytest.raises(BadValueError):
            parse(bad)
    with pytest.raises(TooLongError):
        parse([{}] * 501)


@pytest.mark.parametrize(
    ("kind", "word", "raw", "kept"),
    [
        ("ip", "network", "203.0.113.9", "203.0.113.0/24"),
        ("ip", "network", "2001:db8:1:2::1", "2001:db8:1::/48"),
        ("date", "year", "1990-02-28", "1990"),
        ("date", "month", "1990-02-28", "1990-02"),
        ("text", "truncate 3", "EURO", "EUR"),
        ("text", "redact_identifiers", "mail ann@shop.example", "mail [e-mail]"),
    ],
)
def test_a_minimiser_coarsens_before_anything_is_kept(kind: str, word: str, raw: str, kept: str) -> None:
    assert parser(_field(kind, minimise=word))(raw) == kept


def test_an_unbuilt_minimiser_is_refused_clearly() -> None:
    with pytest.raises(Invalid, match="built"):
        minimise.after(str, "blur")


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("card 4111 1111 1111 1111 ok", "card [card] ok"),
        ("4111-1111-1111-1111", "[card]"),
        ("378282246310005", "[card]"),
        ("order 4111111111111112", "order 4111111111111112"),
        ("short 1234", "short 1234"),
    ],
)
def test_a_card_number_leaves_every_text(raw: str, kept: str) -> None:
    assert parser(_field("text"))(raw) == kept
    assert parser(_field("list", of={"": "text"}))([raw]) == [kept]
    assert parser(_field("url"))(raw) == kept


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("write to Ann.Lee+x@shop.co.uk now", "write to [e-mail] now"),
        ("/u?mail=ann%40shop.example&x=1", "/u?mail=[e-mail]&x=1"),
        ("call +49 151 1234 5678 or 0151/12345678", "call [phone] or [phone]"),
        ("call (212) 555-0123", "call [phone]"),
        ("iban DE89 3704 0044 0532 0130 00 ok", "iban [iban] ok"),
        ("ref DE89 ABCD 0044 0532 X130 01", "ref DE89 ABCD 0044 0532 X130 01"),
        ("from 203.0.113.9, 2001:db8:0:1:2:3:4:5", "from [ip], [ip]"),
        ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "[key]"),
        ("AKIA" + "IOSFODNN7EXAMPLE", "[key]"),
        ("ghp_" + "a1" * 18, "[key]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def_1", "[key]"),
        ("version 1.2.3 of 2026-11-23 at 10:30", "version 1.2.3 of 2026-11-23 at 10:30"),
        ("/orders/12345/items/7", "/orders/12345/items/7"),
        ("size 42, 3 pieces for 19.99", "size 42, 3 pieces for 19.99"),
    ],
)
def test_identifiers_leave_free_text_and_the_rest_stays(raw: str, kept: str) -> None:
    assert redact.identifiers(raw) == kept


def test_redaction_keeps_up_with_a_shop() -> None:
    text = "Hello, my order 123456 has not come. Please call +49 151 12345678 or write to ann@shop.example. " * 2
    began = time.process_time()
    for _ in range(500):
        redact.identifiers(text)
    assert (time.process_time() - began) / 500 < 0.000_3  # 100 µs is the goal; a shared core gets three times that


@pytest.mark.parametrize(
    "text", ["1" * 4096, "a" * 4096, "a-" * 2048, "a@" * 2048, "1 " * 2048, "f:" * 2048, "A1B2" * 1024]
)
def test_no_text_makes_redaction_slow(text: str) -> None:
    began = time.process_time()
    redact.identifiers(text)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("kind", "word", "value", "seen"),
    [
        ("email", "email", "ann@shop.example", "a•••@s•••.example"),
        ("phone", "phone", "+4915112345678", "•••5678"),
        ("id", "last4", "12345", "•••45"),
        ("id", "last4", "1234", "•••"),
        ("text", "first", "Ann", "A•••"),
        ("date", "year", "1990-02-28", "1990"),
        ("ip", "network", "203.0.113.9", "203.0.•••"),
        ("ip", "network", "2001:db8::1", "2001:•••"),
        ("country", "whole", "DE", "DE"),
        ("money", "hidden", "12", "•••"),
        ("integer", "hidden", 5, "•••"),
        ("list", "hidden", [{"a": 1}], "•••"),
        ("text", "first", "", "•••"),
    ],
)
def test_a_mask_shows_enough_to_recognise(kind: str, word: str, value: Any, seen: str) -> None:
    assert mask(_field(kind, mask=word), value) == seen
