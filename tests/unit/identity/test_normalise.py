"""Two spellings of one identifier give one text; what stands for nobody gives none."""

from __future__ import annotations

import pytest

from lockhouse.identity.normalise import StopList, lookup, normal, stop_list


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("jane@shop.example", "jane@shop.example"),
        ("  Jane@Shop.EXAMPLE ", "jane@shop.example"),
        ("\uff4aane@shop.example", "jane@shop.example"),  # a full-width j
        ("jane@m\u00fcller.example", "jane@xn--mller-kva.example"),
        ("j.a.n.e+tag@gmail.com", "j.a.n.e+tag@gmail.com"),
        ("j\u00e4ne@shop.example", "j\u00e4ne@shop.example"),
        ('"a b"@shop.example', None),
        ("jane", None),
        ("@shop.example", None),
        ("jane@", None),
        ("jane@\ud800.example", None),
        ("a" * 250 + "@b.example", None),
    ],
)
def test_an_email_is_indexed_by_what_identifies_it(typed: str, text: str | None) -> None:
    assert normal("email", typed) == text


@pytest.mark.parametrize(
    "typed",
    [
        "test@test.com", "TEST@test.com", "noreply@shop.example", "null@null.example", "undefined@x.example",
        "unknown@shop.example", "guest@shop.example", "test@shop.example",
    ],
)  # fmt: skip
def test_an_email_that_stands_for_nobody_is_not_indexed(typed: str) -> None:
    assert normal("email", typed) is None


def test_the_houses_own_addresses_stand_for_no_customer() -> None:
    own = stop_list("email", ["@northwind.example", "till@other.example"])
    assert own == StopList(frozenset({"till@other.example"}), frozenset({"northwind.example"}))
    assert normal("email", "receipts@Northwind.example", own=own) is None
    assert normal("email", "Till@other.example", own=own) is None
    assert normal("email", "jane@other.example", own=own) == "jane@other.example"
    assert normal("email", "jane@mail.northwind.example", own=own) == "jane@mail.northwind.example"


def test_what_stands_for_nobody_everywhere_needs_no_place_in_a_houses_list() -> None:
    assert stop_list("id", ["000000", "C-0"]) == StopList(frozenset({"C-0"}))


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("+4930123456", "+4930123456"),
        ("+49 (30) 12-34.56", "+4930123456"),
        ("+\uff14\uff1930123456", "+4930123456"),
        ("030 123456", None),
        ("+0123456", None),
        ("+49", None),
        ("+491234567890123456", None),
        ("+49x0123456", None),
    ],
)
def test_a_phone_is_indexed_as_e164(typed: str, text: str | None) -> None:
    assert normal("phone", typed) == text


@pytest.mark.parametrize("typed", ["0000000000", "+10000000000", "+491111111111", "+11234567890"])
def test_a_filler_phone_is_not_indexed(typed: str) -> None:
    assert normal("phone", typed) is None


def test_an_id_keeps_its_case_and_loses_its_margins() -> None:
    assert normal("id", " L-00Ab ") == "L-00Ab"
    assert normal("id", "a b") == "a b"
    assert normal("id", "11") == "11"


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "null", "NULL", "undefined", "0", "-1", "n/a", "Anonymous", "[object Object]", "(not set)", "unknown",
        "0000000000", "11111111", "1234567890", "00000000-0000-0000-0000-000000000000", "a\x00b", "a\nb",
        "ffffffff", "test@test.com", "x" * 257,
    ],
)  # fmt: skip
def test_an_id_that_stands_for_nobody_is_not_indexed(typed: str) -> None:
    assert normal("id", typed) is None


@pytest.mark.parametrize(
    ("how", "value", "text"),
    [
        ("last4", "+49 30 123456", "3456"),
        ("last4", "12", None),
        ("surname", "Eva Maria M\u00fcller", "muller"),
        ("surname", "M\u00fcller, Eva", "muller"),
        ("surname", "O'Neil", "oneil"),
        ("surname", "  ", None),
        ("surname", ",", None),
        ("surname", "\u738b", "\u738b"),
        ("exact", " o-1 ", "o-1"),
        ("exact", " ", None),
    ],
)
def test_a_look_up_keeps_what_an_agent_types(how: str, value: str, text: str | None) -> None:
    assert lookup(how, value) == text
