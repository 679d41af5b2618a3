"""What each expectation of the write spine keeps out: without it the wrong thing is stored, with it it conflicts.

A sealed write is decided on what was read a moment ago. Between the read and the commit somebody else may have made
the person, ended it, rewritten its keys, sent the same message, or changed the policy. Each test lets that happen,
commits once without the expectation (and shows the harm) and once with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.jobs import Work, claim, claimed, plan, step
from lockhouse.model.change import Change, Committed
from lockhouse.model.rows import House, Identifier, Job, KeyRing, Person, Receipt, Record, Seal
from tests.ports.stores import (
    STORES,
    Store,
    a_person,
    a_receipt,
    a_record,
    a_ring,
    absent,
    an_identifier,
    found,
    has,
    must,
    new_id,
    put,
    why,
)
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TAG = b"t" * 16
MESSAGE = b"m" * 16


@pytest.fixture(params=["memory", "sqlite-local", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with STORES[request.param](tmp_path) as opened:
        await found(opened)
        yield opened


async def _stands(store: Store, change: Change) -> bool:
    return isinstance(await store.writer.commit(change), Committed)


# ---- the blind index is free, or belongs to the person who was matched ------------------------------------------


async def _owned(store: Store) -> Identifier:
    index = an_identifier(TAG, new_id())
    await must(store, Change("identity", puts=(put(a_person(index.person)), put(index))))
    return index


async def test_a_second_person_cannot_take_an_index_that_has_an_owner(store: Store) -> None:
    owned = await _owned(store)
    taken = an_identifier(TAG, new_id())
    steal = Change("identity", puts=(put(a_person(taken.person)), put(taken)))
    guard = has(taken, "index-taken", or_absent=True, person=taken.person)
    assert why(await store.writer.commit(Change("identity", puts=steal.puts, expects=(guard,)))) == "index-taken"
    assert await store.reads.get(Person, [(taken.person,)]) == {}
    [owner] = await store.reads.find(Identifier, ("person",), [(owned.person,)])
    assert owner == owned
    assert await _stands(store, steal)
    assert await store.reads.find(Identifier, ("person",), [(owned.person,)]) == []


async def test_the_owner_may_bring_its_own_index_again_and_a_free_one_may_be_taken(store: Store) -> None:
    owned = await _owned(store)
    own = has(owned, "index-taken", or_absent=True, person=owned.person)
    free = an_identifier(b"f" * 16, owned.person)
    nobodys = has(free, "index-taken", or_absent=True, person=owned.person)
    await must(store, Change("identity", puts=(put(free),), expects=(own, nobodys)))
    assert len(await store.reads.find(Identifier, ("person",), [(owned.person,)])) == 2


# ---- the person is alive and at the version that was used --------------------------------------------------------


async def test_a_person_who_ended_meanwhile_gets_no_new_identifier(store: Store) -> None:
    person = a_person()
    await must(store, Change("identity", puts=(put(person),)))
    await must(store, Change("identity", puts=(put(a_person(person.id, version=2, state=16)),)))
    index = an_identifier(TAG, person.id)
    guard = has(person, "person-moved", version=1, state=0)
    assert why(await store.writer.commit(Change("identity", puts=(put(index),), expects=(guard,)))) == "person-moved"
    assert await store.reads.find(Identifier, ("person",), [(person.id,)]) == []
    assert await _stands(store, Change("identity", puts=(put(index),)))
    assert await store.reads.find(Identifier, ("person",), [(person.id,)]) == [index]


async def test_a_record_sealed_before_an_ending_cannot_become_durable_after_it(store: Store) -> None:
    person = new_id()
    record = a_record(person=person)
    open_at_0 = has(Seal(person, 0, 0), "sealed-under-old-keys", or_absent=True, version=0)
    await must(store, Change("record", puts=(put(a_record(person=person)),), expects=(open_at_0,)))
    await must(store, Change("record", puts=(put(Seal(person, 1, 1)),)))
    late = Change("record", puts=(put(record),), expects=(open_at_0,))
    assert why(await store.writer.commit(late)) == "sealed-under-old-keys"
    assert len(await store.reads.find(Record, ("person",), [(person,)])) == 1
    assert await _stands(store, Change("record", puts=late.puts))
    assert len(await store.reads.find(Record, ("person",), [(person,)])) == 2


async def test_an_ending_and_a_late_record_in_one_group_are_judged_one_after_the_other(store: Store) -> None:
    person = new_id()
    guard = has(Seal(person, 0, 0), "sealed-under-old-keys", or_absent=True, version=0)
    answers = await store.writer.commit_each(
        [
            Change("record", puts=(put(a_record(person=person)),), expects=(guard,)),
            Change("record", puts=(put(Seal(person, 1, 1)),), expects=(guard,)),
            Change("record", puts=(put(a_record(person=person)),), expects=(guard,)),
        ]
    )
    assert [why(answer) for answer in answers] == ["", "", "sealed-under-old-keys"]


# ---- the key ring is at the version that was used ----------------------------------------------------------------


async def test_a_ring_rewritten_meanwhile_is_not_written_over(store: Store) -> None:
    person = new_id()
    await must(store, Change("identity", puts=(put(a_ring(person)),)))
    cut = a_ring(person, version=2)  # a compartment was ended: its key is gone
    await must(store, Change("identity", puts=(put(cut),)))
    stale = a_ring(person, version=2)  # another process extends what it read before, with the ended key inside
    guard = has(stale, "ring-moved", version=1)
    assert why(await store.writer.commit(Change("identity", puts=(put(stale),), expects=(guard,)))) == "ring-moved"
    assert await store.reads.get(KeyRing, [(person,)]) == {(person,): cut}
    assert await _stands(store, Change("identity", puts=(put(stale),)))
    assert await store.reads.get(KeyRing, [(person,)]) == {(person,): stale}


async def test_two_processes_that_mint_for_one_person_do_not_lose_a_ring(store: Store) -> None:
    person = new_id()
    first, second = a_ring(person), a_ring(person)
    answers = await store.writer.commit_each(
        [Change("identity", puts=(put(ring),), expects=(absent(ring, "ring-moved"),)) for ring in (first, second)]
    )
    assert [why(answer) for answer in answers] == ["", "ring-moved"]
    assert await store.reads.get(KeyRing, [(person,)]) == {(person,): first}
    assert await _stands(store, Change("identity", puts=(put(second),)))
    assert await store.reads.get(KeyRing, [(person,)]) == {(person,): second}


# ---- the message was not received yet ----------------------------------------------------------------------------


async def test_a_message_sent_again_is_stored_once(store: Store) -> None:
    def sent(record: Record, *, guarded: bool) -> Change:
        receipt = a_receipt(MESSAGE, record.id)
        expects = (absent(receipt, "received"),) if guarded else ()
        return Change("record", puts=(put(record), put(receipt)), expects=expects)

    first, again, unguarded = a_record(), a_record(), a_record()
    answers = await store.writer.commit_each([sent(first, guarded=True), sent(again, guarded=True)])
    assert [why(answer) for answer in answers] == ["", "received"]
    assert why(await store.writer.commit(sent(again, guarded=True))) == "received"
    keys = [(first.id,), (again.id,), (unguarded.id,)]
    assert set(await store.reads.get(Record, keys)) == {(first.id,)}
    assert (await store.reads.get(Receipt, [(1, MESSAGE)]))[1, MESSAGE].record == first.id
    assert await _stands(store, sent(unguarded, guarded=False))
    assert set(await store.reads.get(Record, keys)) == {(first.id,), (unguarded.id,)}


# ---- the policy that decided is the live one ---------------------------------------------------------------------


async def test_what_a_former_policy_let_in_is_decided_again(store: Store) -> None:
    record = a_record()
    house = House(1, b"", "", 0, 0, 0, b"", 0)
    decided_at_0 = has(house, "policy-moved", policy_epoch=0)
    await store.writer.announce(policy=True)
    late = Change("record", puts=(put(record),), expects=(decided_at_0,))
    assert why(await store.writer.commit(late)) == "policy-moved"
    assert await store.reads.get(Record, [(record.id,)]) == {}
    decided_again = Change("record", puts=late.puts, expects=(has(house, "policy-moved", policy_epoch=1),))
    assert await _stands(store, decided_again)
    unguarded = a_record()
    assert await _stands(store, Change("record", puts=(put(unguarded),)))
    assert set(await store.reads.get(Record, [(unguarded.id,)])) == {(unguarded.id,)}


async def test_a_key_epoch_that_moved_stops_a_write_that_names_it(store: Store) -> None:
    house = House(1, b"", "", 0, 0, 0, b"", 0)
    await store.writer.announce(key=True)
    record = a_record()
    late = Change("record", puts=(put(record),), expects=(has(house, "keys-moved", key_epoch=0),))
    assert why(await store.writer.commit(late)) == "keys-moved"
    assert await _stands(store, Change("record", puts=late.puts))


# ---- the worker still holds its job ------------------------------------------------------------------------------


async def test_a_worker_that_woke_up_late_writes_nothing_under_its_old_fence(store: Store) -> None:
    clock = make_parts().clock
    await must(store, plan("retain", dedupe="today", run_at=clock.now_ms()))
    [job] = await store.reads.find(Job, ("dedupe",), [("today",)])
    held = []
    for owner in (b"a" * 16, b"b" * 16):  # the second takes over: the first was stopped
        await must(store, claim(job, owner=owner, now=clock.now_ms()))
        job = claimed(job, owner=owner, now=clock.now_ms())
        held.append(job)
    record = a_record()
    late, _ = step(held[0], cursor=b"", now=clock.now_ms(), work=Work(puts=(put(record),)))
    assert why(await store.writer.commit(late)) == "fenced"
    assert await store.reads.get(Record, [(record.id,)]) == {}
    assert await _stands(store, Change("record", puts=late.puts))
    assert (await store.reads.get(Job, [(job.id,)]))[job.id,].lease_owner == b"a" * 16
