"""Rows that give authority: made with a MAC, and checked whenever they are read.

A database administrator who inserts, edits or rolls back such a row does not hold the integrity key; the row then
raises `Tampered` where it is read, and whatever relied on it fails closed. Of a row without a MAC it is at least known
in which ranges its numbers lie: one that lies elsewhere is no mistake of ours, and answered in the same way.
"""

from __future__ import annotations

import re
import typing
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.signatures import RowMacs, check_row, row_mac
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.entry import row_hash
from lockhouse.model.rows import (
    Ceremony,
    ErasedMark,
    FactorUse,
    FailedSignIn,
    Identifier,
    Imported,
    Invite,
    Person,
    Row,
    Session,
    StaffLogin,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockhouse.secret import Secret

RowT = TypeVar("RowT", bound=Row)
Bound = (
    Ceremony | ErasedMark | FactorUse | FailedSignIn | Identifier | Imported | Invite | Person | Session | StaffLogin
)
"""Rows with a short MAC, which no entry makes."""
BoundT = TypeVar("BoundT", bound=Bound)
_ENCODE = msgspec.msgpack.Encoder().encode
_PLACE = re.compile(r"\[(\d+)\]")
"""The column's number in msgspec's word of where it is wrong."""


def signed(row: RowT, key: Secret) -> RowT:
    """The same row with its MAC; it must already name the ledger entry that makes it."""
    table, place, content, entry = _parts(row)
    mac = row_mac(key, table, key_bytes=place, content=content, position=entry)
    return msgspec.structs.replace(row, mac=mac)


def checked(rows: Iterable[RowT], key: Secret) -> list[RowT]:
    """The rows, each with its MAC checked.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    kept = []
    for row in rows:
        try:
            table, place, content, entry = _parts(row)
        except Invalid as err:  # a number below zero in its key: no row of ours has one
            raise Tampered(f"{row.TABLE}: expected a row whose mac verifies") from err
        mac: bytes = row.mac  # type: ignore[attr-defined]  # every authority row has one (tests/architecture)
        check_row(key, mac, table=table, key_bytes=place, content=content, position=entry)
        kept.append(row)
    return kept


def bound(row: BoundT, macs: RowMacs) -> BoundT:
    """The same row with its short MAC: no entry makes it."""
    return bound_all([row], macs)[0]


def bound_all(rows: Sequence[BoundT], macs: RowMacs) -> list[BoundT]:
    """As `bound`, for many rows: each step for all of them before the next, as in `crypto.boxkeys`."""
    contents = [_before_mac(row) for row in rows]
    made = [macs.of(row.TABLE, content) for row, content in zip(rows, contents, strict=True)]
    return [msgspec.structs.replace(row, mac=mac) for row, mac in zip(rows, made, strict=True)]


def checked_bound(rows: Iterable[BoundT], macs: RowMacs) -> list[BoundT]:
    """The rows, each with its MAC checked.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    kept = list(rows)
    contents = [_before_mac(row) for row in kept]
    for row, content in zip(kept, contents, strict=True):
        macs.check(row.mac, table=row.TABLE, content=content)
    return kept


def sound(rows: Iterable[RowT]) -> list[RowT]:
    """The rows, each with every number where its column's numbers lie, and ids of their length.

    Raises:
        Tampered: one has another. Which row it is, the statement in the hint finds; no value is told.
    """
    kept = []
    for row in rows:
        try:
            msgspec.convert(msgspec.structs.astuple(row), type(row))
        except msgspec.ValidationError as err:
            raise _unsound(row, err) from err
        kept.append(row)
    return kept


def _unsound(row: Row, err: msgspec.ValidationError) -> Tampered:
    column = row.__struct_fields__[int(_PLACE.findall(str(err))[-1])]
    return Tampered(
        f"{row.TABLE}: expected {column} as this house writes it, got what no row of ours has",
        hint=f"{_finding(type(row), column)} finds it in {row.STORE}.db; keep a copy as evidence, then put it right or "
        "restore a backup",
    )


def _finding(row: type[Row], column: str) -> str:
    """The statement that finds rows with what no row of ours has in this column."""
    hint = typing.get_type_hints(row, include_extras=True)[column]
    [held] = [meta for one in (hint, *typing.get_args(hint)) for meta in getattr(one, "__metadata__", ())]
    if held.min_length is not None:
        outside = f"length({column}) <> {held.min_length}"
    else:
        outside = f"{column} < {held.ge}" if held.le is None else f"{column} NOT BETWEEN {held.ge} AND {held.le}"
    return f"SELECT * FROM {row.TABLE} WHERE {outside}"  # noqa: S608  # names and numbers of our own, to be read


def _before_mac(row: Bound) -> bytes:
    """The row's bytes up to its MAC, which stands last."""
    return _ENCODE(row)[: -len(_ENCODE(row.mac))]


def digest(row: Row) -> str:
    """What the ledger entry that makes the row says of it: the hash of its table, key and content, as hex."""
    table, place, content, _ = _parts(row)
    return row_hash(table, place, content)


def place_digest(row: Row) -> str:
    """What an entry says of where the row stands: the hash of its table and key alone, as hex."""
    table, place, _, _ = _parts(row)
    return row_hash(table, place, b"")


def _parts(row: Row) -> tuple[str, bytes, bytes, bytes]:
    values: dict[str, Any] = msgspec.structs.asdict(row)
    del values["mac"]
    entry = values["entry"]
    place = lp(*(values[column] for column in row.KEY))
    return row.TABLE, place, _ENCODE(list(values.values())), entry
