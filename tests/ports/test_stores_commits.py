"""What every store promises about writing: all or nothing, each Change on its own, expectations inside it."""

from __future__ import annotations

from types import NoneType
from typing import get_args, get_type_hints

import pytest

from lockhouse.errors import Invalid
from lockhouse.model.change import Change, Committed, Conflict, Count, Delete, Expect, Put
from lockhouse.model.rows import (
    Drop,
    House,
    Identifier,
    Kek,
    KeyRing,
    Lane,
    Link,
    Person,
    PolicyVersion,
    Receipt,
    Record,
    Row,
    tables,
)
from tests.ports.stores import (
    AT,
    Store,
    a_draft,
    a_person,
    a_receipt,
    a_record,
    a_ring,
    absent,
    an_identifier,
    has,
    key_of,
    must,
    new_id,
    put,
    why,
)
from tests.ports.writer_entry import make_parts


async def test_a_change_stands_whole(store: Store) -> None:
    person = a_person()
    await must(store, Change("identity", puts=(put(person), put(an_identifier(b"t" * 16, person.id)))))
    assert await store.reads.get(Person, [(person.id,)]) == {(person.id,): person}
    assert [row.person for row in await store.reads.find(Identifier, ("person",), [(person.id,)])] == [person.id]


async def test_a_change_that_fails_leaves_nothing(store: Store) -> None:
    person, other = a_person(), a_person()
    await must(store, Change("identity", puts=(put(person),)))
    refused = await store.writer.commit(
        Change("identity", puts=(put(other),), expects=(has(person, version=1), has(person, version=7)))
    )
    assert refused == Conflict("person", (person.id,), "moved")
    assert await store.reads.get(Person, [(other.id,)]) == {}


async def test_a_conflict_leaves_its_neighbours_alone(store: Store) -> None:
    people = [a_person() for _ in range(5)]
    changes = [Change("identity", puts=(put(person),)) for person in people]
    changes[2] = Change("identity", puts=(put(people[2]),), expects=(has(people[2], version=1),))
    answers = await store.writer.commit_each(changes)
    assert [isinstance(answer, Committed) for answer in answers] == [True, True, False, True, True]
    known = await store.reads.get(Person, [(person.id,) for person in people])
    assert set(known) == {(person.id,) for person in people} - {(people[2].id,)}


@pytest.mark.parametrize(
    ("columns", "or_absent", "holds_absent", "holds_present"),
    [
        (None, False, True, False),
        ({"version": 1}, False, False, True),
        ({"version": 1}, True, True, True),
        ({"version": 2}, True, True, False),
        ({"version": 1, "state": 0}, False, False, True),
        ({"version": 1, "state": 4}, False, False, False),
        ({"region": "EU"}, False, False, True),
        ({"no_such_column": 1}, False, False, False),
    ],
)
async def test_each_kind_of_expectation(
    store: Store, columns: dict[str, object] | None, *, or_absent: bool, holds_absent: bool, holds_present: bool
) -> None:
    person = a_person()
    expect = Expect("person", (person.id,), columns, or_absent, "word")
    asked = Change("identity", puts=(put(a_person()),), expects=(expect,))
    assert isinstance(await store.writer.commit(asked), Committed) is holds_absent
    await must(store, Change("identity", puts=(put(person),)))
    assert isinstance(await store.writer.commit(asked), Committed) is holds_present


async def test_of_two_changes_in_one_group_that_want_one_index_the_first_wins(store: Store) -> None:
    first, second = a_person(), a_person()
    tag = new_id()
    answers = await store.writer.commit_each(
        [
            Change(
                "identity",
                puts=(put(person), put(an_identifier(tag, person.id))),
                expects=(absent(an_identifier(tag, person.id), "index-taken"),),
            )
            for person in (first, second)
        ]
    )
    assert [why(answer) for answer in answers] == ["", "index-taken"]
    [owner] = await store.reads.find(Identifier, ("kind", "generation", "tag"), [(1, 1, tag)])
    assert owner.person == first.id
    assert await store.reads.get(Person, [(second.id,)]) == {}


async def test_a_later_change_of_a_group_sees_what_an_earlier_one_put_and_deleted(store: Store) -> None:
    person = a_person()
    moved = a_person(person.id, version=2)
    answers = await store.writer.commit_each(
        [
            Change("identity", puts=(put(person),), expects=(absent(person),)),
            Change("identity", puts=(put(moved),), expects=(has(person, version=1),)),
            Change("identity", deletes=(Delete("person", (person.id,)),), expects=(has(person, version=2),)),
            Change("identity", puts=(put(person),), expects=(absent(person),)),
        ]
    )
    assert [why(answer) for answer in answers] == ["", "", "", ""]
    assert await store.reads.get(Person, [(person.id,)]) == {(person.id,): person}


async def test_a_change_that_failed_is_not_seen_by_the_next(store: Store) -> None:
    person = a_person()
    answers = await store.writer.commit_each(
        [
            Change("identity", puts=(put(person),), expects=(has(person, version=1),)),
            Change("identity", puts=(put(person),), expects=(absent(person),)),
        ]
    )
    assert [why(answer) for answer in answers] == ["moved", ""]


async def test_changes_of_both_stores_are_answered_in_their_order(store: Store) -> None:
    person, record = a_person(), a_record()
    answers = await store.writer.commit_each(
        [
            Change("record", puts=(put(record),)),
            Change("identity", puts=(put(person),), expects=(has(person, version=9),)),
            Change("identity", puts=(put(person),)),
        ]
    )
    assert [why(answer) for answer in answers] == ["", "moved", ""]


async def test_deleting_what_is_not_there_is_no_error(store: Store) -> None:
    await must(store, Change("record", deletes=(Delete("record", (new_id(),)),)))
    assert await store.reads.get(Record, [(new_id(),)]) == {}


async def test_a_change_after_its_deadline_is_refused(store: Store) -> None:
    now = make_parts().clock.now_ms()
    record = a_record()
    late = await store.writer.commit(Change("record", puts=(put(record),), deadline=now - 1))
    assert late == Conflict("", (), "deadline")
    assert await store.reads.get(Record, [(record.id,)]) == {}
    await must(store, Change("record", puts=(put(record),), deadline=now + 60_000))


async def test_counts_add_up_over_changes_groups_and_paths(store: Store) -> None:
    counts = [Count(1, "properties.*", "undeclared", 2, AT + step) for step in (5, 1, 9)]
    await store.writer.commit_each([Change("record", counts=(count,)) for count in counts[:2]])
    await must(store, Change("record", counts=(counts[2], Count(1, "context.ip", "undeclared", 1, AT))))
    found_counts = await store.reads.find(Drop, ("channel",), [(1,)])
    assert found_counts == [
        Drop(1, "context.ip", "undeclared", 1, AT, AT),
        Drop(1, "properties.*", "undeclared", 6, AT + 1, AT + 9),
    ]


async def test_the_count_of_a_change_that_fails_is_not_added(store: Store) -> None:
    person = a_receipt(b"m" * 16)
    await store.writer.commit(
        Change("record", counts=(Count(1, "p", "r", 1, AT),), expects=(has(person, code="LH-0000"),))
    )
    assert await store.reads.find(Drop, ("channel",), [(1,)]) == []


async def test_one_row_that_no_column_takes_fails_alone(store: Store) -> None:
    good = [a_record() for _ in range(3)]
    bad = Receipt("one", b"m" * 16, b"", None, AT, "LH-0000", b"")  # type: ignore[arg-type]  # on purpose
    changes = [Change("record", puts=(put(row),)) for row in (*good[:2], bad, good[2])]
    answers = await store.writer.commit_each(changes)
    assert [why(answer) for answer in answers] == ["", "", "invalid", ""]
    with pytest.raises(Invalid, match="row"):
        await store.writer.commit(changes[2])
    assert len(await store.reads.get(Record, [(record.id,) for record in good])) == len(good)
    assert await store.reads.find(Receipt, ("at",), [(AT,)]) == []


@pytest.mark.parametrize(
    "change",
    [
        Change("identity", entries=(a_draft(),)),
        Change("identity", puts=(put(a_record()),)),
        Change("record", puts=(put(Lane("collect-0", 9, b"h" * 32, 0, bytes(32))),)),
        Change("record", deletes=(Delete("ledger_entry", (b"e" * 16,)),)),
        Change("record", deletes=(Delete("house", (1,)),)),
        Change("record", expects=(has(a_person(), version=1),)),
        Change("record", expects=(Expect("receipt", (1,), None, or_absent=False, because="short"),)),
        Change("record", puts=(Put("no_such_table", a_record()),)),
        Change("record", puts=(Put("receipt", a_record()),)),
    ],
)
async def test_what_no_caller_may_write_is_invalid(store: Store, change: Change) -> None:
    with pytest.raises(Invalid):
        await store.writer.commit(change)


async def test_a_house_is_founded_once(store: Store) -> None:
    [house] = [row async for chunk in store.reads.scan(House) for row in chunk]
    again = await store.writer.commit(Change("record", puts=(put(house),)))
    assert why(again) == "house-exists"


async def test_wraps_of_a_kek_are_counted_and_end(store: Store) -> None:
    people = [a_person() for _ in range(7)]
    await must(store, *(Change("identity", puts=(put(person), put(a_ring(person.id)))) for person in people))
    assert (await store.reads.get(Kek, [(1,)]))[1,].wraps == len(people)
    # A rotation that writes an older copy of the row does not turn the count back.
    await must(store, Change("identity", puts=(put(Kek(1, "root/1", b"k", 1, 0, AT)),)))
    assert (await store.reads.get(Kek, [(1,)]))[1,].wraps == len(people)
    await must(store, Change("identity", puts=(put(Kek(2, "root/2", b"k", 0, 2**31 - 1, AT)),)))
    answers = await store.writer.commit_each(
        [Change("identity", puts=(put(a_ring(person.id, generation=2)),)) for person in people[:2]]
    )
    assert [why(answer) for answer in answers] == ["", "kek-spent"]


async def test_no_ring_is_kept_under_a_kek_that_is_unknown_or_destroyed(store: Store) -> None:
    await must(store, Change("identity", puts=(put(Kek(3, "root/3", None, 2, 0, AT)),)))
    person = new_id()
    for generation, word in ((3, "kek-ended"), (9, "kek-missing")):
        ring = a_ring(person, generation=generation)
        assert why(await store.writer.commit(Change("identity", puts=(put(ring),)))) == word
    assert await store.reads.get(KeyRing, [(person,)]) == {}


async def test_a_ring_may_come_with_its_kek(store: Store) -> None:
    person = new_id()
    both = (put(a_ring(person, generation=5)), put(Kek(5, "root/5", b"k", 0, 0, AT)))
    await must(store, Change("identity", puts=both))
    assert (await store.reads.get(Kek, [(5,)]))[5,].wraps == 1


async def test_a_group_larger_than_one_transaction_is_answered_whole(store: Store) -> None:
    records = [a_record() for _ in range(1_203)]
    answers = await store.writer.commit_each([Change("record", puts=(put(record),)) for record in records])
    assert len(answers) == len(records)
    assert len(await store.reads.get(Record, [(record.id,) for record in records])) == len(records)


async def test_a_row_of_every_table_comes_back_as_it_was_put(store: Store) -> None:
    samples = {bytes: b"\x00\xff", int: 2**40, str: "übung"}
    kept = {"house", "ledger_entry", "lane", "intake", "checkpoint", "kek", "key_ring"}
    for name, kind in tables().items():
        if name in kept:
            continue
        for left_out in (False, True):
            row = _sample(kind, samples, left_out=left_out)
            await must(store, Change(kind.STORE, puts=(put(row),)))
            assert list((await store.reads.get(kind, [key_of(row)])).values()) == [row]
    assert await store.reads.find(PolicyVersion, ("id",), [(2**40,)])
    assert await store.reads.find(Link, ("a",), [(samples[bytes],)])


def _sample(kind: type[Row], samples: dict[type, object], *, left_out: bool) -> Row:
    values = []
    hints = get_type_hints(kind)
    for name in kind.__struct_fields__:
        options = get_args(hints[name]) or (hints[name],)
        values.append(None if left_out and NoneType in options else samples[options[0]])
    return kind(*values)
