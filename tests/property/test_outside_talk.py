"""Parquet files, certificates and words over a house's own sockets: read, or refused in the parser's own words."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import HealthCheck, example, given, settings
from pyarrow import parquet

from lockhouse.errors import Invalid, Tampered
from lockhouse.faces.serve.bell import _heard
from lockhouse.faces.serve.desk import Answers, Desk, State
from lockhouse.ledger.certificate import certificate
from lockhouse.ledger.verify import verify_certificate
from lockhouse.wiring import Parquet, TableFile
from tests.property.spoilt import DEEP, read_or_refused, spoilt
from tests.unit.ledger.test_certificate import SALT, STATEMENT, _ended

if TYPE_CHECKING:
    from pathlib import Path

LOG, ENTRY, PLACE = _ended()
SHEET = certificate(STATEMENT, salt=SALT, entry=ENTRY.body, place=PLACE)
COLUMNS: dict[str, list[Any]] = {"mail": ["a@x.example", None], "n": [1, 2], "deep": [{"a": [1.5]}, None]}


def _table() -> bytes:
    written = io.BytesIO()
    parquet.write_table(pa.table(COLUMNS), written)
    return written.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=spoilt(_table()))
@example(raw=_table())
def test_any_bytes_are_rows_of_a_parquet_file_or_invalid(tmp_path: Path, raw: bytes) -> None:
    place = tmp_path / "rows.parquet"
    place.write_bytes(raw)

    def rows(_raw: bytes) -> list[object]:
        with TableFile(place) as file:
            table = Parquet(file)
            return list(table.trees(table.heads))

    seen = read_or_refused(rows, raw)
    assert isinstance(seen, Invalid | list)


@given(raw=spoilt(SHEET))
@example(raw=SHEET.replace(b'"body":{', b'"body":{"a":' + b"[" * DEEP))
@example(raw=SHEET.replace(b'":', b'": ', 1))
def test_any_bytes_but_the_certificate_are_tampered(raw: bytes) -> None:
    if raw.rstrip(b"\n") != SHEET.rstrip(b"\n"):
        assert isinstance(read_or_refused(lambda raw: verify_certificate(raw, vkeys=LOG.vkeys), raw), Tampered)


async def _asked(place: Path, raw: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(place)
    said = b""
    with suppress(ConnectionError):  # it may hang up before it has heard all of it
        writer.write(raw.replace(b"\n", b" ") + b"\n")
        writer.write_eof()
        said = await reader.read()
    writer.close()
    return said


def test_any_line_to_a_process_is_answered_or_ends_its_own_talk(tmp_path: Path) -> None:
    faults: list[Any] = []

    async def talks(raw: bytes) -> list[bytes]:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, fault: faults.append(fault))
        place = tmp_path / "tail-0.sock"
        desk = Desk(place, state=lambda: State(process="p"), counts=lambda: {"n": 1}, answers=Answers())
        await desk.open()
        try:
            return [await _asked(place, line) for line in (raw, b'{"ask":"counts"}')]
        finally:
            await desk.close()

    @given(raw=spoilt(b'{"ask":"state"}'))
    @example(raw=b'{"ask":"' + b"x" * 200_000 + b'"}')
    @example(raw=b'{"ask":"\xff"}')
    def spoil(raw: bytes) -> None:
        said, counted = asyncio.run(talks(raw))
        assert not said or said.startswith(b"{")
        assert counted == b'{"n":1}\n'
        assert faults == []

    spoil()


@given(raw=spoilt(b'{"ask":"restart","python":"/usr/bin/python3"}'))
@example(raw=b'{"ask":"restart","python":"/' + b"x" * 200_000 + b'"}')
@example(raw=b'{"ask":"restart","python":"/\\u0000"}')
def test_any_line_to_the_bell_names_a_program_or_nothing(raw: bytes) -> None:
    async def heard() -> str | None:
        reader = asyncio.StreamReader()
        reader.feed_data(raw)
        reader.feed_eof()
        return await _heard(reader)

    assert asyncio.run(heard()) in {None, "/usr/bin/python3"}
