"""The writer in a thread: nobody is left waiting, whatever happens to it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.adapters.migrations.run import migrate
from lockhouse.adapters.sqlite_writer.local import LocalWriter
from lockhouse.errors import Unavailable
from lockhouse.model.change import Change, Committed, Put
from lockhouse.model.rows import House, Record
from lockhouse.wiring import opened
from tests.attack.real_house import found
from tests.ports.stores import a_draft, a_record, put
from tests.ports.writer_entry import HOUSE, LOG, make_parts

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.adapters.group_commit.engine import WriterParts

FOUNDED = Change("record", puts=(Put("house", House(1, HOUSE, LOG, 0, 0, 0, b"", 0)),))


class _BrokenNotary:
    """Fails as only a fault of ours can."""

    public = b"p" * 32

    def sign(self, entry_id: bytes, leaf: bytes) -> bytes:
        raise ZeroDivisionError(len(entry_id) + len(leaf))


def _parts_with_a_fault() -> WriterParts:
    good = make_parts()
    return type(good)(notary=_BrokenNotary(), clock=good.clock, ids=good.ids, lane_key=good.lane_key)


async def test_what_was_handed_over_before_the_end_is_committed(tmp_path: Path) -> None:
    migrate(tmp_path)
    writer = LocalWriter(tmp_path, make_parts())
    asked = [asyncio.ensure_future(writer.commit(Change("record", puts=(put(a_record()),)))) for _ in range(50)]
    await asyncio.sleep(0)
    writer.close()
    assert [type(answer) for answer in await asyncio.gather(*asked)] == [Committed] * 50


async def test_a_closed_writer_is_unavailable_and_not_alive(tmp_path: Path) -> None:
    migrate(tmp_path)
    writer = LocalWriter(tmp_path, make_parts())
    writer.close()
    assert not writer.alive()
    for asked in (writer.commit(FOUNDED), writer.scrub(), writer.seal_ledger(), writer.announce(key=True)):
        with pytest.raises(Unavailable, match="writer: expected to run"):
            await asked


async def test_who_asks_while_the_writer_ends_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate(tmp_path)
    writer = LocalWriter(tmp_path, make_parts())
    asked = writer._asked

    def ends_meanwhile() -> Any:
        place = asked()
        writer.close()
        return place

    monkeypatch.setattr(writer, "_asked", ends_meanwhile)
    with pytest.raises(Unavailable, match="writer: expected to run"):
        await asyncio.wait_for(writer.commit(FOUNDED), 5)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_fault_of_ours_ends_the_writer_and_tells_everybody(tmp_path: Path) -> None:
    migrate(tmp_path)
    writer = LocalWriter(tmp_path, _parts_with_a_fault())
    assert isinstance(await writer.commit(FOUNDED), Committed)
    noted = Change("record", entries=(a_draft(),))
    plain = [Change("record", puts=(put(a_record()),)) for _ in range(20)]
    answers = await asyncio.gather(*(writer.commit(change) for change in (noted, *plain)), return_exceptions=True)
    assert isinstance(answers[0], Unavailable)
    assert all(isinstance(answer, Committed | Unavailable) for answer in answers)
    writer.close()
    assert not writer.alive()
    LocalWriter(tmp_path, make_parts()).close()  # the folder is free again


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_fault_of_ours_in_a_call_ends_the_writer_and_tells_the_caller(tmp_path: Path) -> None:
    migrate(tmp_path)
    writer = LocalWriter(tmp_path, replace(make_parts(), sign_checkpoint=_fail))
    await writer.commit(FOUNDED)
    await writer.commit(Change("record", entries=(a_draft(),)))
    with pytest.raises(Unavailable, match="writer: expected to run"):
        await asyncio.wait_for(writer.seal_ledger(), 10)
    writer.close()
    assert not writer.alive()


def _fail(size: int, root: bytes) -> str:
    raise ZeroDivisionError(size, root)


async def test_a_house_that_nobody_has_open_leaves_no_log_to_be_read_first(tmp_path: Path) -> None:
    house = await found(tmp_path)
    async with opened(house, role="console") as one:
        records = [Change("record", puts=(put(a_record()),)) for _ in range(50)]
        assert [type(answer) for answer in await one.writer.commit_each(records)] == [Committed] * 50
        assert (house / "record.db-wal").stat().st_size > 0

    assert [(house / f"{name}.db-wal").stat().st_size for name in ("identity", "record")] == [0, 0]
    async with opened(house, role="console") as one:
        assert len([row async for rows in one.house.reads.scan(Record) for row in rows]) == 50
