"""From values to lines a person reads, and to plain values for `--json`. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lockhouse.model.ids import DAY_MS, EPOCH_DAY_ZERO_MS
from lockhouse.model.scale import Assurance, Proof

SCALES = {
    "assurance": {int(one): one.name.lower() for one in Assurance},
    "proof": {int(one): one.name.lower() for one in Proof},
}
"""Parts of values whose numbers stand for words; a script reads the words that people read."""


class Said(NamedTuple):
    """What a command answers: for scripts, for people, and the exit code."""

    value: Any
    text: str
    code: int = 0


def clean(text: object) -> str:
    """Text that cannot move the cursor or colour the screen: what a sender chose is printed here too."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(text))


def when(at: int | None) -> str:
    """A time in ms as people read it, UTC; one that no calendar has is said as such, with its number."""
    return _dated(at, "%Y-%m-%d %H:%MZ")


def day(at: int | None) -> str:
    """The day of a time in ms, UTC; as `when` where no calendar has it."""
    return _dated(at, "%Y-%m-%d")


def _dated(at: int | None, form: str) -> str:
    if at is None:
        return "-"
    try:
        return datetime.fromtimestamp(at / 1000, UTC).strftime(form)
    except (ValueError, OverflowError, OSError):  # stored is stored: one such number must not hide all the others
        return f"beyond the calendar ({at} ms)"


def begins(epoch: int) -> int:
    """When an epoch, which is counted from 2020-01-01, begins (ms)."""
    return EPOCH_DAY_ZERO_MS + epoch * DAY_MS


def epoch_day(epoch: int) -> str:
    """The first day of an epoch."""
    return day(begins(epoch))


def proof(number: int | None) -> str:
    """`claimed`, `issued` or `proven`."""
    return "-" if number is None else Proof(number).name.lower()


def assurance(number: int) -> str:
    """`public`, `secret` or `signed`."""
    return Assurance(number).name.lower()


def spelt(name: str, value: Any) -> Any:
    """The word of a part that is a number of a scale; any other as it is."""
    return SCALES[name].get(value, value) if name in SCALES and isinstance(value, int) else value


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "none") -> str:
    """Columns under their heads; one sentence where there is nothing."""
    if not rows:
        return empty
    lines = [tuple(heads), *(tuple(clean(cell) for cell in row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def pairs(found: Mapping[str, object]) -> str:
    """A name and its value a line."""
    width = max((len(name) for name in found), default=0)
    return "\n".join(f"{name.ljust(width)}  {clean(value)}".rstrip() for name, value in found.items())


def count(number: int, one: str, many: str = "") -> str:
    """`1 record`, `3 records`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def json_text(value: Any) -> str:
    """A value as one line of JSON; signs that cannot be printed stand as escapes, which mean the same to a script."""
    try:
        text = msgspec.json.encode(plain(value)).decode()
    except UnicodeEncodeError:  # half a character: an escape in a file makes one, and no reader of JSON need take it
        text = json.dumps(plain(value), ensure_ascii=False).encode(errors="replace").decode()
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)


def plain(value: Any) -> Any:
    """A value as JSON can say it: ids in hex, structs as objects, sets sorted, decimals as text, scales as words."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, msgspec.Struct):
        return {name: spelt(name, plain(getattr(value, name))) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(plain(one) for one in value)
    if isinstance(value, (list, tuple)):
        named = getattr(value, "_fields", None)
        return {name: plain(getattr(value, name)) for name in named} if named else [plain(one) for one in value]
    return str(value) if isinstance(value, (Decimal, Path)) else value
