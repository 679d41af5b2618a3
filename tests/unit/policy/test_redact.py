"""What is taken out of free text, and what stays: the cases that are known to be hard, as tables."""

# Signs that look like others are what is tested.
# ruff: noqa: RUF001

from __future__ import annotations

import pytest

from lockhouse.policy.types import redact
from lockhouse.policy.types.lettered import IBAN_LENGTHS, LETTERED
from lockhouse.policy.types.national import NUMBERS

ID = "[national id]"
NATIONAL = [  # published examples, none of a person
    ("Austria", "1237 010180"),
    ("Belgium", "85.07.30-033.28"),
    ("Belgium", "85073003328"),
    ("Brazil", "529.982.247-25"),
    ("Canada", "193-456-787"),
    ("Denmark", "070761-4285"),
    ("Finland", "131052-308T"),
    ("France", "2 55 08 14 168 025 38"),
    ("France", "255081416802538"),
    ("France (Corsica)", "1 85 05 2A 004 123 56"),
    ("Germany", "36 574 261 809"),
    ("Germany", "86095742719"),
    ("Ireland", "1234567FA"),
    ("Ireland", "1234567T"),
    ("Italy", "RSSMRA85T10A562S"),
    ("Italy", "mrtmtt25d09f205z"),
    ("Netherlands", "1234.56.782"),
    ("Norway", "15076500565"),
    ("Norway", "150765 00565"),
    ("Poland", "44051401359"),
    ("South Africa", "8001015009087"),
    ("Spain", "12345678Z"),
    ("Spain", "12345678-z"),
    ("Spain", "X-1234567-L"),
    ("Sweden", "811218-9876"),
    ("Sweden", "19811218-9876"),
    ("Switzerland", "756.9217.0769.85"),
    ("Switzerland", "7569217076985"),
    ("United Kingdom (NINO)", "AB 12 34 56 C"),
    ("United Kingdom (NINO)", "ab123456c"),
    ("United States", "219-09-9999"),
    ("United States", "912-70-1234"),
]
NAMED = [  # where one in ten or eleven numbers would pass: only behind their name
    ("Canada", "SIN: 193456787"),
    ("Denmark", "cpr 2512484916"),
    ("Netherlands", "Mijn BSN is 123456782"),
    ("Portugal", "NIF 123 456 789"),
    ("United Kingdom (NHS)", "NHS number 943 476 5919"),
    ("United Kingdom (NHS)", "nhs no. 9434765919"),
    ("United States", "my social security number is 219099999"),
]


@pytest.mark.parametrize(("country", "number"), NATIONAL)
@pytest.mark.parametrize("around", ["{}", "it is {}, thanks", "{}.", "({})", "/p?id={}&x=1", "2 {} 3", "„{}“."])
def test_a_national_number_is_taken_out_wherever_it_stands(country: str, number: str, around: str) -> None:
    assert country in _countries()
    assert redact.identifiers(around.format(number)) == around.format(ID)


@pytest.mark.parametrize(("country", "text"), NAMED)
def test_a_number_with_a_weak_check_is_taken_out_behind_its_name_alone(country: str, text: str) -> None:
    assert country in _countries()
    number = text[next(at for at, sign in enumerate(text) if sign.isdigit()) :]
    assert redact.identifiers(text) == text.replace(number, ID)
    assert ID not in redact.identifiers(f"for {number}")


def test_every_country_has_its_example() -> None:
    assert {country for country, _ in (*NATIONAL, *NAMED)} == _countries()


def _countries() -> set[str]:
    return {number.name for number in NUMBERS} | {name for name, _, _ in LETTERED} | {"Italy"}


@pytest.mark.parametrize(
    "text",
    [
        "1237 010181", "85.07.30-033.29", "529.982.247-26", "000.000.000-00", "193-456-788", "320761-4285",
        "131052-308U", "255081416802539", "36 574 261 808", "11111111111", "1234567X", "RSSMRA85T10A562T",
        "1234.56.783", "15076500566", "44051401358", "8001015009088", "12345678A", "X-1234567-M", "811218-9875",
        "756.9217.0769.86", "QQ 12 34 56 C", "BG123456A", "000-09-9999", "666-09-9999", "219-00-9999", "219-09-0000",
        "900-49-1234", "SIN: 193456788", "NIF 123 456 788", "nhs 9430765918", "Mijn BSN is 123456783",
    ],
)  # fmt: skip
def test_a_number_that_its_country_would_not_give_out_stays(text: str) -> None:
    assert redact.identifiers(text) == text


HARD = [
    # e-mail
    ("o'brien@shop.example", "[e-mail]"),
    ("'ann@shop.example'", "'[e-mail]'"),
    ("ann@münchen.example", "[e-mail]"),
    ("ann@xn--mnchen-3ya.xn--p1ai", "[e-mail]"),
    ("émile@shop.example", "[e-mail]"),
    ("Mail: ann@shop.example.", "Mail: [e-mail]."),
    ("<ann@shop.example>;<bob@shop.example>", "<[e-mail]>;<[e-mail]>"),
    ("mailto:ann@shop.example?subject=x", "mailto:[e-mail]?subject=x"),
    ("ann＠shop．example", "[e-mail]"),
    ("a" * 70 + "@shop.example", "[e-mail]"),
    # cards among others, and as people and telephones write them
    ("2 4111 1111 1111 1111", "2 [card]"),
    ("4111111111111111 12/27 123", "[card] 12/27 123"),
    ("100 200 4111-1111-1111-1111 300", "100 200 [card] 300"),
    ("card4111111111111111", "card[card]"),
    ("4111\u00a01111\u00a01111\u00a01111", "[card]"),
    ("4111\u200b1111\u200b1111\u200b1111", "[card]"),
    ("4111‐1111‐1111‐1111", "[card]"),
    ("٤١١١ ١١١١ ١١١١ ١١١١", "[card]"),
    ("/pay?n=4111+1111+1111+1111", "/pay?n=[card]"),
    ("/pay?n=4111%201111%201111%201111", "/pay?n=[card]"),
    ("3782 822463 10005", "[card]"),
    ("213115275892908", "[card]"),
    # account numbers
    ("IBAN DE89 3704 0044 0532 0130 00 BANK", "IBAN [iban] BANK"),
    ("de89370400440532013000", "[iban]"),
    ("GB29-NWBK-6016-1331-9268-19", "[iban]"),
    ("NO93 8601 1117 947", "[iban]"),
    ("MT84 MALT 0110 0001 2345 MTLC AST0 01S", "[iban]"),
    # addresses of the network
    ("from 203.0.113.9.", "from [ip]."),
    ("203.0.113.9:443", "[ip]:443"),
    ("::1 and fe80::1%eth0 and 2001:db8::", "[ip] and [ip]%eth0 and [ip]"),
    ("[2001:db8::1]:443", "[[ip]]:443"),
    ("ip:2001:db8::1", "ip:[ip]"),
    ("::ffff:203.0.113.9", "[ip]"),
    ("00:1B:44:11:3A:B7", "[mac]"),
    # telephone
    ("\u202a+49 151 12345678\u202c", "[phone]"),
    ("+49 (0)151 / 123-456-78", "[phone]"),
    ("1-800-555-0123 ext. 12", "[phone]"),
    ("(212)555-0123", "[phone]"),
    ("2125550123", "[phone]"),
    ("order it by phone: 2125550123", "order it by phone: [phone]"),
    ("06.12.34.56.78", "[phone]"),
    ("/go?to=%2Fx%3Ftel%3D0151%2012345678", "/go?to=%2Fx%3Ftel%3D[phone]"),
    ("/go?to=%2Fx%3Fid%3D44051401359", "/go?to=%2Fx%3Fid%3D[national id]"),
    ("06 12 34 56 78", "[phone]"),
    ("call me at 9175 3554", "call me at [phone]"),
    ("Tel:0151 1234567", "Tel:[phone]"),
    ("612 345 678 (mobile)", "[phone] (mobile)"),
    ("ring me: 0151 12345678 or 4111111111111111", "ring me: [phone] or [card]"),
    # keys
    ("lhs_Ab3dEf7hJk9mNp1qRs5tUv8wXy2z_a1b2c3", "[key]"),
    ("key=sk_test_4eC39HqLyjWDarjt", "key=[key]"),
    ("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", "[key]"),
    ("token 9f86d081884c7d659a2feaa0c55ad015 end", "token [key] end"),
    ("/o/550e8400-e29b-41d4-a716-446655440000", "/o/[key]"),
    ("t%3DeyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "t%3D[key]"),
]
STAYS = [
    "born on 05.11.1985 or 11/05/1985, 05-11-1985", "05.11.26 10 pieces", "2026-11-23 10:30:00.123456",
    "When: 2004-02-16 07:47:07.915910", "at 10:30:00 or 1:02:03:04", "std::string and a::b", "version v1.2.3.4",
    "release 2.0.1, 3.11.2", "/blog/10-best-running-shoes-for-women-in-2024", "risk-assessment-of-the-year-2024",
    "task-management-system-for-small-shops", "iphone15-vs-iphone14-vs-s24-comparison", "secret-santa-gifts-2024",
    "/orders/12345678/items/7", "order number 1234567", "#8123456789", "/products/8123456789", "1732352461123",
    "costs 1,234,567.89",
    "order no. 8123456789", "Bestellnummer: 8123456789", "62696416476190",
    "100 000 pieces", "10 x 20 x 30 cm", "size 42-44", "SKU AB-1234-XL", "AB44051401359", "44051401359B", "A1B2C3D4",
    "the years 2024 2025 2026", "50 % off until 24.12.", "100 200 300 400 500 600 700 800", "ISBN 978-3-16-148410-0",
    "12345678", "monkeyJumps.over.fences", "a@b", "@ann", "5:0 5:1 5:2", "Größe 42 – 44, 3 Stück à 19,99\u00a0€",
]  # fmt: skip


@pytest.mark.parametrize(("raw", "kept"), HARD)
def test_what_is_hard_to_see_is_taken_out(raw: str, kept: str) -> None:
    assert redact.identifiers(raw) == kept


@pytest.mark.parametrize("raw", STAYS)
def test_what_only_looks_like_an_identifier_stays_as_it_was_written(raw: str) -> None:
    assert redact.identifiers(raw) == raw


def test_a_text_that_holds_nothing_keeps_its_foreign_signs() -> None:
    assert redact.identifiers("１２ Stück – ganz\u00a0ruhig") == "１２ Stück – ganz\u00a0ruhig"
    assert redact.cards("٤١١١ – Größe") == "٤١١١ – Größe"


def test_every_account_number_has_a_length_that_its_standard_allows() -> None:
    assert len(IBAN_LENGTHS) > 80
    assert all(15 <= size <= 33 for size in IBAN_LENGTHS.values())
