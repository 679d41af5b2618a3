"""Files of rows, as they come from spreadsheets, exports and people who mean no good: each row is read or rejected."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.channels.table import MAX_ROW_CHARS, Assembler, csv_head, csv_rows, json_heads, json_rows
from lockhouse.errors import Invalid
from lockhouse.model.event import Event
from lockhouse.model.table import Answer, Column, Mapping, Reject, Row, Time

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_790_000_000_000


def _text(raw: bytes) -> Callable[[int], str]:
    stream = io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8-sig", errors="surrogateescape", newline="")
    return stream.readline


def _rows(raw: bytes, *, wanted: tuple[int, ...] = (0, 1), delimiter: str = ",") -> list[Any]:
    heads = csv_head(_text(raw), delimiter=delimiter)
    found = csv_rows(_text(raw), delimiter=delimiter, wanted=wanted, width=len(heads))
    return [
        (row.line, *row.cells) if isinstance(row, Row) else (row.line, row.last, row.expected) for row in found
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "rows"),
    [
        (b"a,b\n1,2\n", [(2, "1", "2")]),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n3,4", [(2, "1", "2"), (4, "3", "4")]),  # BOM, CRLF, no end
        (b"a,b\r1,2\r3,4\r", [(2, "1", "2"), (3, "3", "4")]),  # as an old Macintosh writes it
        (b'a,b\n"1\n,""x""",2\n3,4\n', [(2, '1\n,"x"', "2"), (4, "3", "4")]),  # all of it in quotes
        (b"a,b\n,\n", [(2, None, None)]),  # an empty cell is nothing
        (b"a,b\n=1+1,@SUM(A1)\n", [(2, "=1+1", "@SUM(A1)")]),  # a formula is text
        ("a,b\nü,\u202e\n".encode(), [(2, "ü", "\u202e")]),
        (b'a,b\n1,5" pipe\n3,4\n', [(2, "1", '5" pipe'), (3, "3", "4")]),
    ],
)  # fmt: skip
def test_csv_is_read_as_it_is_written(raw: bytes, rows: list[Any]) -> None:
    assert _rows(raw) == rows


@pytest.mark.parametrize(
    ("raw", "line", "last", "expected"),
    [
        (b"1\n", 2, 2, "2 columns"),
        (b"1,2,3\n", 2, 2, "2 columns"),
        (b'"1"x,2\n', 2, 2, "RFC 4180"),
        (b"\xff,2\n", 2, 2, "encoding"),
        (b"1,a\x00b\n", 2, 2, "NUL"),
        ("ü\0,2\n".encode(), 2, 2, "NUL"),
        (b"%b,2\n" % (b"x" * MAX_ROW_CHARS), 2, 2, "32,768 characters"),
        (b'"%b",2\n' % (b"x\n" * (MAX_ROW_CHARS // 2)), 2, 2 + MAX_ROW_CHARS // 2, "32,768 characters"),
    ],
)
def test_a_bad_row_is_one_reject_and_its_neighbours_are_read(raw: bytes, line: int, last: int, expected: str) -> None:
    good = b"1,2\n"
    [first, second] = _rows(b"a,b\n" + raw + good)
    assert (first[0], first[1]) == (line, last)
    assert expected in first[2]
    assert second == (last + 1, "1", "2")


def test_a_quote_that_is_never_closed_says_how_far_it_reached() -> None:
    assert _rows(b'a,b\n1,2\n3,"4\n5,6\n')[1:] == [(3, 4, "quotes as RFC 4180 has them: closed, and doubled inside")]
    endless = b'a,b\n3,"4\n' + b"x,y\n" * 300_000
    with pytest.raises(Invalid, match="line 2: expected a row that ends within"):
        _rows(endless)


def test_one_line_without_end_does_not_fill_the_memory() -> None:
    asked: list[int] = []

    def endless(limit: int) -> str:
        asked.append(limit)
        return "x" * limit

    with pytest.raises(Invalid, match="line 1"):
        csv_head(endless, delimiter=",")
    assert asked == [1024 * 1024 + 1]


@pytest.mark.parametrize("raw", [b"", b"\n", b'"a"x,b\n', b"\xff,b\n", b"a,b,a\n", b"a, a\n"])
def test_a_header_that_cannot_be_relied_on_ends_it(raw: bytes) -> None:
    with pytest.raises(Invalid, match="line 1"):
        csv_head(_text(raw), delimiter=",")


def test_two_columns_of_one_name_are_told_by_their_places_alone() -> None:
    with pytest.raises(Invalid) as caught:
        csv_head(_text(b"anna@example.com,b,anna@example.com\n"), delimiter=",")
    assert "anna" not in str(caught.value)
    assert "columns 1 and 3" in str(caught.value)
    assert csv_head(_text(b"a,,\n"), delimiter=",") == ["a", "", ""]  # as spreadsheets leave behind


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20), min_size=2, max_size=2)
    )
)
def test_whatever_was_written_by_the_rules_is_read_as_it_was(cells: list[list[str]]) -> None:
    text = "a;b\r\n" + "".join(";".join('"' + one.replace('"', '""') + '"' for one in row) + "\r\n" for row in cells)
    found = _rows(text.encode(), delimiter=";")
    assert [row[1:] for row in found] == [tuple(one or None for one in row) for row in cells]


@given(st.binary(max_size=300))
def test_no_bytes_do_anything_but_be_read_or_rejected(raw: bytes) -> None:
    for row in _rows(b"a,b\n" + raw):
        assert len(row) == 3
    for one in json_rows(_text(raw), wanted=("a", "b.c")):
        assert isinstance(one, Row | Reject)


def test_json_lines_are_read_by_keys_and_paths() -> None:
    raw = b'\xef\xbb\xbf{"a": 1, "b": {"c": "x"}}\r\n\n{"b.c": true, "a": null}\n{"b": [1]}'
    found = list(json_rows(_text(raw), wanted=("a", "b.c")))
    assert found == [Row(1, (1, "x")), Row(3, (None, True)), Row(4, (None, None))]
    assert json_heads(_text(raw)) == ["a", "b"]
    assert json_heads(_text(b"x\n")) == []


@pytest.mark.parametrize(
    "line",
    [
        b"[1]", b"{", b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": 1e999}', b'{"a": %b}' % (b"9" * 30),
        b'{"a": %b1%b}' % (b"[" * 40, b"]" * 40), b'{"a": "\\ud800"}', b'{"a": "\\u0000"}', b"\xff", b"[" * 5_000,
        b'{"a": "%b"}' % (b"x" * MAX_ROW_CHARS),
    ],
)  # fmt: skip
def test_a_bad_line_of_json_is_one_reject(line: bytes) -> None:
    first, second = json_rows(_text(line + b'\n{"a": 1}\n'), wanted=("a",))
    assert isinstance(first, Reject)
    assert second == Row(2, (1,))


def _assembled(cells: tuple[object, ...], **mapped: Any) -> Event | Reject:
    mapping = Mapping(
        **{
            "event": "Order Completed", "time": None, "fields": {"email": Column("mail", "m:1:1")},
            "places": {"email": ("properties", "email")}, **mapped,
        }
    )  # fmt: skip
    return Assembler(mapping, b"\1" * 32).event(Row(7, cells), now=NOW)


def test_a_row_holds_nothing_but_what_is_mapped() -> None:
    made = _assembled(("a@example.com",))
    assert isinstance(made, Event)
    assert (made.source, made.occurred_at, made.consent) == ({"properties": {"email": "a@example.com"}}, NOW, None)
    assert made.message_id is not None
    assert made.message_id.startswith("import-")
    assert made.message_id.endswith("-7")
    again = _assembled(("b@example.com",))
    assert isinstance(again, Event)
    assert again.message_id == made.message_id  # of the file and its line, whatever stands there


@pytest.mark.parametrize(
    ("stamp", "form", "zone", "at"),
    [
        ("1970-01-01T00:00:01Z", "iso", None, 1_000),
        ("1970-01-01", "iso", "UTC", 0),
        ("1970-01-01 02:00", "iso", "Europe/Berlin", 3_600_000),
        ("01.01.1970 01:00", "%d.%m.%Y %H:%M", "Europe/Berlin", 0),
        ("12", "seconds", None, 12_000),
        (12, "milliseconds", None, 12),
        ("2999-01-01", "iso", "UTC", NOW + 86_400_000),
        ("1970-01-01", "iso", None, None),
        ("1969-01-01", "iso", "UTC", None),
        ("x", "iso", "UTC", None),
        (None, "iso", "UTC", None),
        (True, "seconds", None, None),
        ("-1", "seconds", None, None),
        ("9" * 30, "seconds", None, None),
        ("١٢", "seconds", None, None),
        ("1.1.70", "%d.%m.%Y", "UTC", None),
    ],
)
def test_a_row_happened_when_its_cell_says_or_is_rejected(
    stamp: object, form: str, zone: str | None, at: int | None
) -> None:
    made = _assembled((stamp, "a@example.com"), time=Time(column=Column("t", "m"), form=form, zone=zone))
    if at is None:
        assert isinstance(made, Reject)
        assert (made.line, "1970" in made.expected) == (7, True)
    else:
        assert isinstance(made, Event)
        assert made.occurred_at == at


def test_a_zone_that_is_none_is_said_to_be() -> None:
    with pytest.raises(Invalid, match="zone"):
        _assembled(("x",), time=Time(column=Column("t", "m"), zone="../../etc/passwd"))


@pytest.mark.parametrize(("cell", "said"), [("ja", True), (" nein ", False), (None, None), ("vielleicht", "reject")])
def test_consent_is_a_yes_a_no_or_nothing(cell: str | None, said: object) -> None:
    answer = Answer(word="Advertising", column=Column("ads", "m"), yes=("ja",), no=("nein",))
    time = Time(column=Column("t", "m"))
    made = _assembled(("2026-11-01T10:00Z", "a@example.com", cell), consent=(answer,), time=time)
    if said == "reject":
        assert isinstance(made, Reject)
        assert "vielleicht" not in made.expected
    else:
        assert isinstance(made, Event)
        assert made.consent == (None if said is None else {"Advertising": said})


@pytest.mark.parametrize("cell", [None, "", "x" * 100, True, ["x"]])
def test_a_message_id_that_is_none_rejects_its_row(cell: object) -> None:
    made = _assembled((cell, "a@example.com"), message_id=Column("id", "m"))
    assert isinstance(made, Reject)
    told = _assembled((12, "a@example.com"), message_id=Column("id", "m"))
    assert isinstance(told, Event)
    assert told.message_id == "12"


@pytest.mark.parametrize("cell", [None, "", "x" * 201, 5])
def test_an_event_without_a_name_rejects_its_row(cell: object) -> None:
    assert isinstance(_assembled((cell, "a@example.com"), event=Column("kind", "m")), Reject)
