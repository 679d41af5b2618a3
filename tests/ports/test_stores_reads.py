"""What every store promises about reading: keys, indexes, order, pages, whole tables."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Invalid
from lockhouse.model.change import Change, Count, Delete
from lockhouse.model.rows import Drop, Identifier, Job, Outbox, Person, Receipt, Record, Row
from tests.ports.stores import (
    AT,
    Store,
    a_person,
    a_receipt,
    a_record,
    an_identifier,
    must,
    new_id,
    put,
)

if TYPE_CHECKING:
    from lockhouse.model.change import KeyTuple


async def _keep(store: Store, *rows: Row) -> None:
    await must(store, *(Change(row.STORE, puts=(put(row),)) for row in rows))


def _out(number: int, *, recipient: int = 1, state: int = 0) -> Outbox:
    return Outbox(bytes([number]) * 16, recipient, b"p" * 16, b"r" * 16, state, 0, AT, None)


def _job(number: int, *, state: int, run_at: int) -> Job:
    return Job(bytes([number]) * 16, "retain", None, b"", state, 0, run_at, None, None, 0, None)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 300, 1_111])
async def test_get_gives_the_rows_that_are_there_and_leaves_out_the_rest(store: Store, count: int) -> None:
    people = [a_person() for _ in range(count)]
    await _keep(store, *people)
    keys = [(person.id,) for person in people]
    asked = [*keys, (new_id(),), *keys[:2]]
    assert await store.reads.get(Person, asked) == {(person.id,): person for person in people}


async def test_get_by_a_key_of_several_columns(store: Store) -> None:
    receipts = [a_receipt(new_id()) for _ in range(30)]
    await _keep(store, *receipts)
    keys = [(1, receipt.message) for receipt in receipts]
    assert await store.reads.get(Receipt, [*keys, (2, receipts[0].message)]) == dict(zip(keys, receipts, strict=True))


async def test_part_of_a_key_is_no_key(store: Store) -> None:
    with pytest.raises(Invalid, match="get receipt: expected a key of 2 columns"):
        await store.reads.get(Receipt, [(1,)])


async def test_find_by_the_beginning_of_a_key_comes_in_key_order(store: Store) -> None:
    tags = sorted(new_id() for _ in range(9))
    rows = [an_identifier(tag, new_id(), proof=proof) for tag in tags for proof in (1, 3)]
    await _keep(store, *reversed(rows))
    assert (
        await store.reads.find(Identifier, ("kind", "generation", "tag"), [(1, 1, tag) for tag in tags[::-1]]) == rows
    )
    assert await store.reads.find(Identifier, ("kind",), [(1,)], limit=3) == rows[:3]


async def test_find_walks_in_pages_by_key(store: Store) -> None:
    person = new_id()
    rows = sorted((an_identifier(new_id(), person) for _ in range(10)), key=lambda row: row.tag)
    await _keep(store, *rows)
    seen: list[Identifier] = []
    after = None
    while page := await store.reads.find(Identifier, ("kind", "generation"), [(1, 1)], after=after, limit=4):
        seen += page
        after = (1, 1, page[-1].tag, page[-1].proof)
    assert seen == rows


async def test_find_by_index_comes_in_the_order_of_the_index_and_walks_in_pages(store: Store) -> None:
    person = new_id()
    records = sorted((a_record(person=person) for _ in range(7)), key=lambda row: row.id)
    await _keep(store, *reversed(records), a_record())
    assert await store.reads.find(Record, ("person",), [(person,)]) == records
    page = await store.reads.find(Record, ("person",), [(person,)], after=(records[2].id,), limit=2)
    assert page == records[3:5]


async def test_find_by_index_goes_on_within_one_value_of_each_column(store: Store) -> None:
    waiting = [_out(number) for number in range(1, 6)]
    await _keep(store, *waiting, _out(9, state=1), _out(10, recipient=2))
    page = await store.reads.find(Outbox, ("recipient", "state"), [(1, 0)], after=(waiting[1].id,), limit=2)
    assert page == waiting[2:4]


async def test_find_orders_by_the_rest_of_the_index_before_the_key(store: Store) -> None:
    jobs = [_job(1, state=0, run_at=30), _job(2, state=0, run_at=10), _job(3, state=0, run_at=20)]
    await _keep(store, *jobs, _job(4, state=2, run_at=1))
    assert [job.run_at for job in await store.reads.find(Job, ("state",), [(0,)])] == [10, 20, 30]
    page = await store.reads.find(Job, ("state",), [(0,)], after=(0, 10, jobs[1].id))
    assert [job.run_at for job in page] == [20, 30]


async def test_find_of_many_values_is_one_ordered_list_with_one_limit(store: Store) -> None:
    people = sorted(new_id() for _ in range(30))
    rows = [an_identifier(new_id(), person) for person in people for _ in range(2)]
    await _keep(store, *rows)
    values = [(person,) for person in people[::-1]]
    every = await store.reads.find(Identifier, ("person",), [*values, *values])
    assert every == sorted(rows, key=lambda row: (row.person, row.tag))
    assert await store.reads.find(Identifier, ("person",), values, limit=13) == every[:13]


async def test_find_without_a_limit_leaves_nothing_out(store: Store) -> None:
    person = new_id()
    rows = [an_identifier(number.to_bytes(16, "big"), person) for number in range(10_100)]
    for start in range(0, len(rows), 1_000):
        await _keep(store, *rows[start : start + 1_000])
    assert await store.reads.find(Identifier, ("person",), [(person,)]) == rows


async def test_find_of_an_absent_value_gives_rows_without_one(store: Store) -> None:
    await _keep(store, _job(1, state=0, run_at=1))
    assert [job.id[0] for job in await store.reads.find(Job, ("dedupe",), [(None,)])] == [1]


async def test_find_of_an_absent_value_and_others_is_one_ordered_list_with_one_limit(store: Store) -> None:
    jobs = [_job(number, state=0, run_at=1) for number in range(1, 6)]
    named = [msgspec.structs.replace(job, dedupe=word) for job, word in zip(jobs, "bcaba", strict=True)]
    await _keep(store, *named[:4], jobs[4])
    asked: list[KeyTuple] = [("b",), (None,), ("a",)]
    found = await store.reads.find(Job, ("dedupe",), asked)
    assert [(job.dedupe, job.id[0]) for job in found] == [(None, 5), ("a", 3), ("b", 1), ("b", 4)]
    assert await store.reads.find(Job, ("dedupe",), asked, limit=3) == found[:3]


async def test_text_is_ordered_by_its_bytes(store: Store) -> None:
    words = ["Z", "a", "z", "ä", "\U0001f511", "\uffff"]
    await must(store, *(Change("record", counts=(Count(1, word, "r", 1, AT),)) for word in words))
    ordered = sorted(words, key=str.encode)
    assert [drop.path for drop in await store.reads.find(Drop, ("channel",), [(1,)])] == ordered
    after = await store.reads.find(Drop, ("channel",), [(1,)], after=(1, "z", "r"))
    assert [drop.path for drop in after] == ordered[3:]


async def test_find_without_values_finds_nothing(store: Store) -> None:
    await _keep(store, a_person())
    assert await store.reads.find(Person, ("id",), []) == []


@pytest.mark.parametrize("by", [(), ("region",), ("version",), ("created_at", "id")])
async def test_find_refuses_what_no_key_and_no_index_serves(store: Store, by: tuple[str, ...]) -> None:
    with pytest.raises(Invalid, match="find person: expected columns that begin"):
        await store.reads.find(Person, by, [(None,) * len(by)])


@pytest.mark.parametrize("after", [(b"x",), (0, None, b"x"), (0, 1, b"x", 1)])
async def test_find_refuses_to_go_on_where_it_cannot_know(store: Store, after: tuple[object, ...]) -> None:
    with pytest.raises(Invalid, match="after"):
        await store.reads.find(Job, ("state",), [(0,)], after=after)


async def test_scan_gives_a_table_in_key_order(store: Store) -> None:
    people = [a_person() for _ in range(25)]
    await _keep(store, *people)
    chunks = [chunk async for chunk in store.reads.scan(Person, chunk=10)]
    assert [len(chunk) for chunk in chunks] == [10, 10, 5]
    assert [person for chunk in chunks for person in chunk] == sorted(people, key=lambda person: person.id)


async def test_scan_gives_appended_rows_in_the_order_they_came(store: Store) -> None:
    records = [a_record() for _ in range(25)]
    await _keep(store, *records)
    # A re-seal replaces a record where it stands; a deletion takes it out.
    sealed_again = a_record(records[3].id, person=records[3].person, boxes=b"sealed again")
    await must(store, Change("record", puts=(put(sealed_again),), deletes=(Delete("record", (records[7].id,)),)))
    records[3] = sealed_again
    del records[7]
    chunks = [chunk async for chunk in store.reads.scan(Record, chunk=10)]
    assert [record for chunk in chunks for record in chunk] == records


async def test_scan_lets_others_have_a_turn_between_two_chunks(store: Store) -> None:
    await _keep(store, *(a_person() for _ in range(30)), *(a_record() for _ in range(30)))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    for table in (Person, Record):
        seen = [turns async for _ in store.reads.scan(table, chunk=10)]
        assert seen == sorted(set(seen))
    waiting.cancel()


async def test_scan_of_an_empty_table_gives_nothing(store: Store) -> None:
    assert [chunk async for chunk in store.reads.scan(Record)] == []
