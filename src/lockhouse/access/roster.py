"""A list of people who are to work with the house: a CSV file with a head, or a JSON list of objects.

1. `login` and `name` must be there; `roles`, `groups` and `language` may. Several roles or groups stand apart by `;`,
   or in JSON in a list. Any other column is a mistake: what is misspelt would be left out unseen.
2. A line that is wrong is told of by its number and a word, never by what stands in it: those are people.
3. Of two lines with one login the second is wrong.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args

import msgspec

from lockhouse.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES: Final = 4_000_000
MAX_LINES: Final = 5_000
COLUMNS: Final = ("login", "name", "roles", "groups", "language")
_NEEDED: Final = frozenset(COLUMNS[:2])
_MOST: Final = 20

Fault = Literal["disabled", "form", "kept-apart", "language", "login", "name", "no-policy", "role", "twice"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
"""What is wrong with a line; stable words."""


class Line(NamedTuple):
    """Somebody of a list, as it stands there; `fault`: it is none."""

    number: int
    login: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    language: str = ""
    fault: Fault | None = None


def read(raw: bytes) -> list[Line]:
    """The lines of a list, those that are wrong too, in their order.

    Raises:
        Invalid: it is no such list at all, or one too long.
    """
    try:
        text = raw.decode("utf-8-sig") if len(raw) <= MAX_BYTES else ""
    except UnicodeDecodeError as err:
        raise _invalid("UTF-8", "another encoding") from err
    lines = [*(_of_json(text) if text.lstrip().startswith("[") else _of_csv(text))]
    if not 0 < len(lines) <= MAX_LINES:
        raise _invalid(f"1 to {MAX_LINES} people, in {MAX_BYTES} bytes at most", "none, or more")
    return lines


def _of_csv(text: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [one.strip().lower() for one in next(reader, [])]
        if not _NEEDED <= set(head) <= set(COLUMNS) or len(set(head)) != len(head):
            raise _invalid(f"a head of login and name, and of {', '.join(COLUMNS[2:])} where wanted", "another head")
        for row in reader:
            if row:
                values: dict[str, Any] = dict(zip(head, row, strict=False))
                yield _line(reader.line_num, values if len(row) == len(head) else {})
    except csv.Error as err:
        raise _invalid("CSV", f"something else before line {reader.line_num + 1}") from err


def _of_json(text: str) -> Iterator[Line]:
    try:
        found = msgspec.json.decode(text)
    except (ValueError, RecursionError) as err:
        raise _invalid("JSON", "something else") from err
    for number, one in enumerate(found, 1):
        is_one = isinstance(one, dict) and _NEEDED <= set(one) <= set(COLUMNS)
        yield _line(number, one if is_one else {})


def _line(number: int, values: dict[str, Any]) -> Line:
    texts = {name: values.get(name, "") for name in ("login", "name", "language")}
    roles, groups = _several(values.get("roles", "")), _several(values.get("groups", ""))
    if not values or roles is None or groups is None or not all(isinstance(one, str) for one in texts.values()):
        return Line(number, fault="form")
    login, name, language = (str(one).strip() for one in texts.values())
    return Line(number, login, name, roles, groups, language)


def _several(said: Any) -> tuple[str, ...] | None:
    parts = said.split(";") if isinstance(said, str) else said
    if not isinstance(parts, list) or len(parts) > _MOST or not all(isinstance(one, str) for one in parts):
        return None
    return tuple(dict.fromkeys(one.strip() for one in parts if one.strip()))


def wanted(line: Line, mapped: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The roles that a line wants, by their names and by its groups."""
    return tuple(dict.fromkeys([*line.roles, *(role for group, role in mapped if group in line.groups)]))


def _invalid(expected: str, got: str) -> Invalid:
    return Invalid("list of people", expected, got=got, hint="docs/operations/staff.md shows one")
