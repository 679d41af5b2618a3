"""What a line of a file of consents says, or what was expected there; never what stood there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.channels.consents import Plain
from lockhouse.errors import Invalid
from lockhouse.model.table import Reject, Row

if TYPE_CHECKING:
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
