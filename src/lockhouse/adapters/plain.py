"""Values of a library as JSON could say them: times and dates in ISO 8601, decimals as text. Bytes are none."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping


class _UnsayableError(Exception):
    """A value that JSON could not say."""


def plain_tree(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row's values; None if JSON could not say one of them."""
    try:
        return {name: _plain(value) for name, value in row.items()}
    except _UnsayableError:
        return None


def _plain(value: Any) -> Any:
    match value:
        case None | str() | bool() | int() | float():
            return value
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case UUID():
            return str(value)
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {str(name): _plain(one) for name, one in value.items()}
        case _:
            raise _UnsayableError
