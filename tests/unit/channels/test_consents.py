"""What a line of a file of consents says, or what was expected there; never what stood there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.channels.consents import Klaviyo, Mailchimp, Of, Plain, Shopify, Sorts, members_of
from lockhouse.channels.consents.reading import UNDATED
from lockhouse.errors import Invalid
from lockhouse.model.consents import Silent
from lockhouse.model.table import Reject, Row

if TYPE_CHECKING:
    from lockhouse.channels.consents import Reader
    from lockhouse.model.consents import Statement

IDENTIFYING = ("email", "phone", "loyalty_id")


def _plain(head: str, line: str) -> list[Statement] | Reject:
    heads, cells = head.split(","), line.split(",")
    reader = Plain(heads, identifying=IDENTIFYING)
    return reader.read(Row(2, tuple(cells[heads.index(name)] or None for name in reader.columns)))


def test_a_line_speaks_of_each_identifier_that_it_has() -> None:
    said = _plain("state,time,phone,purpose,email", "denied,2025-05-01T10:00:00+02:00,+491,marketing,a@b.example")
    assert isinstance(said, list)
    assert [(one.field, one.value, one.word, one.granted, one.note) for one in said] == [
        ("email", "a@b.example", "marketing", False, None),
        ("phone", "+491", "marketing", False, None),
    ]
    assert {one.at for one in said} == {1_746_086_400_000}


def test_a_kind_says_which_field_a_value_is_in() -> None:
    head = "kind,value,purpose,state,time,source"
    said = _plain(head, "loyalty_id,L-1,ads,granted,2025-05-01T10:00:00Z,checkout")
    assert isinstance(said, list)
    [one] = said
    assert (one.field, one.value, one.granted, one.note) == ("loyalty_id", "L-1", True, "checkout")
    other = _plain(head, "shoe_size,41,ads,granted,2025-05-01T10:00:00Z,")
    assert isinstance(other, Reject)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (",marketing,granted,2025-05-01T10:00:00Z,", "an identifier"),
        ("a@b.example,,granted,2025-05-01T10:00:00Z,", "a purpose"),
        ("a@b.example,marketing,yes,2025-05-01T10:00:00Z,", "granted or denied"),
        ("a@b.example,marketing,granted,2025-05-01,", "a time since 1970"),
        ("a@b.example,marketing,granted,1931-05-01T10:00:00Z,", "a time since 1970"),
        ("a@b.example,marketing,granted,,", "a time since 1970"),
        ("a@b.example,marketing,granted,2025-05-01T10:00:00Z,she told Eve", "a source of one word"),
    ],
)
def test_what_cannot_be_read_is_told_without_its_value(line: str, expected: str) -> None:
    said = _plain("email,purpose,state,time,source", line)
    assert isinstance(said, Reject)
    assert expected in said.expected
    assert not {one for one in line.split(",") if len(one) > len("granted")} & set(said.expected.split())


def test_a_header_that_names_nobody_or_no_time_is_refused() -> None:
    for heads in (["purpose", "state", "time"], ["email", "purpose", "state"], ["kind", "purpose", "state", "time"]):
        with pytest.raises(Invalid, match="line 1"):
            Plain(heads, identifying=IDENTIFYING)


AS_OF = 1_793_520_000_000
SORTS = Sorts(Of("email", "marketing"), Of("phone", "texts"), AS_OF)
KLAVIYO = (
    "Email,Klaviyo ID,Phone Number,Email Marketing Consent,Email Marketing Consent Timestamp,SMS Marketing Consent,"
    "Email Suppressions"
)


def _read(reader: Reader, head: str, line: str) -> object:
    heads, cells = head.split(","), line.split(",")
    said = reader.read(Row(2, tuple(cells[heads.index(name)] or None for name in reader.columns)))
    if isinstance(said, Silent | Reject):
        return said
    return [(one.field, one.value, one.word, one.granted, one.at) for one in said]


def test_klaviyo_tells_email_and_sms_apart() -> None:
    reader = Klaviyo(KLAVIYO.split(","), SORTS)
    line = "a@b.example,01H,+4930901820,SUBSCRIBED,2025-05-01 10:00:00,UNSUBSCRIBED,[]"
    assert _read(reader, KLAVIYO, line) == [
        ("email", "a@b.example", "marketing", True, 1_746_093_600_000),
        ("phone", "+4930901820", "texts", False, AS_OF),
    ]
    assert _read(reader, KLAVIYO, "a@b.example,01H,,Never Subscribed,,,") == Silent(2, "never-subscribed")
    assert _read(reader, KLAVIYO, "a@b.example,01H,,SUBSCRIBED,,,HARD_BOUNCE") == Silent(2, "suppressed-there")
    assert _read(reader, KLAVIYO, "a@b.example,01H,,SUBSCRIBED,,,") == [
        ("email", "a@b.example", "marketing", True, UNDATED)
    ]
    unknown = _read(reader, KLAVIYO, "a@b.example,01H,,PENDING,,,")
    assert isinstance(unknown, Reject)
    only_email = Klaviyo(KLAVIYO.split(","), SORTS._replace(sms=None, as_of=None))
    assert isinstance(_read(only_email, KLAVIYO, "a@b.example,01H,+49,UNSUBSCRIBED,,SUBSCRIBED,"), Reject)
    assert isinstance(_read(only_email, KLAVIYO, "a@b.example,01H,+49,UNSUBSCRIBED,soon,SUBSCRIBED,"), Reject)


def test_of_mailchimp_each_file_says_one_thing() -> None:
    joined = "Email Address,First Name,OPTIN_TIME,CONFIRM_TIME"
    left = f"{joined},UNSUB_TIME,UNSUB_REASON"
    line = "a@b.example,Anna,2025-04-30 10:00:00,2025-05-01 10:00:00"
    subscribed = Mailchimp(joined.split(","), SORTS, members="subscribed")
    assert _read(subscribed, joined, line) == [("email", "a@b.example", "marketing", True, 1_746_093_600_000)]
    assert isinstance(_read(subscribed, joined, "a@b.example,Anna,2025-04-30 10:00:00,"), Reject)
    assert isinstance(_read(subscribed, joined, ",Anna,,2025-05-01 10:00:00"), Reject)
    gone = Mailchimp(left.split(","), SORTS, members="unsubscribed")
    assert _read(gone, left, f"{line},2025-06-01 00:00:00,other") == [
        ("email", "a@b.example", "marketing", False, 1_748_736_000_000)
    ]
    cleaned = f"{joined},CLEAN_TIME"
    bounced = Mailchimp(cleaned.split(","), SORTS, members="cleaned")
    assert _read(bounced, cleaned, f"{line},2025-06-01 00:00:00") == Silent(2, "cleaned")
    others = Mailchimp(joined.split(","), SORTS, members="nonsubscribed")
    assert _read(others, joined, line) == Silent(2, "never-subscribed")


def test_a_file_of_mailchimps_is_never_read_as_another() -> None:
    joined = ["Email Address", "CONFIRM_TIME"]
    for heads, members in (([*joined, "UNSUB_TIME"], "subscribed"), ([*joined, "CLEAN_TIME"], "subscribed"),
                           (joined, "unsubscribed"), (["E-Mail", "CONFIRM_TIME"], "subscribed")):  # fmt: skip
        with pytest.raises(Invalid, match="line 1"):
            Mailchimp(heads, SORTS, members=members)  # type: ignore[arg-type]  # one of the words
    assert members_of("subscribed_email_audience_export_1a2b.csv") == "subscribed"
    assert members_of("unsubscribed_email_audience_export_1a2b.csv") == "unsubscribed"
    assert members_of("audience.csv") is None


def test_shopify_says_yes_without_a_time_and_no_as_of_the_export() -> None:
    head = "Customer ID,Email,Accepts Email Marketing,Phone,Accepts SMS Marketing,Total Spent"
    reader = Shopify(head.split(","), SORTS)
    assert _read(reader, head, "1,a@b.example,yes,'+4930901820,no,0.00") == [
        ("email", "a@b.example", "marketing", True, UNDATED), ("phone", "+4930901820", "texts", False, AS_OF),
    ]  # fmt: skip
    assert _read(reader, head, "1,,yes,,,0.00") == Silent(2, "no-answer")
    assert isinstance(_read(reader, head, "1,a@b.example,subscribed,,,0.00"), Reject)
    with pytest.raises(Invalid, match="--as-of"):
        Shopify(head.split(","), SORTS._replace(as_of=None))


@pytest.mark.parametrize("form", [Klaviyo, Shopify])
def test_an_export_without_its_columns_is_refused(form: type[Klaviyo | Shopify]) -> None:
    with pytest.raises(Invalid, match="line 1"):
        form(["Email", "First Name"], SORTS)
