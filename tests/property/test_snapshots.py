"""Laws of what a snapshot keeps: nothing that a fold could show is missing, whatever is shut and however it was cut."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from lockhouse.identity.fold import Seen, belief, fold
from lockhouse.identity.front import Front, Held
from lockhouse.model.policy import Keep
from lockhouse.policy.life import add


class Value(NamedTuple):
    """One value of a record: its slot and version of the policy are the group, which shuts it as a whole or by age."""

    group: tuple[int, int]
    collected: int
    seen: Seen


FIELDS = ("name", "name", "email")
"""Of each slot: two of one field, for other purposes."""


@st.composite
def values(draw: st.DrawFn) -> list[Value]:
    """Values of records that differ in their ids, some of them dated ahead of when they came in."""
    many = draw(st.integers(0, 14))
    return [_value(draw, number) for number in range(many)]


def _value(draw: st.DrawFn, number: int) -> Value:
    slot = draw(st.integers(0, 2))
    seen = Seen(
        field=FIELDS[slot], value=str(number), proof=draw(st.integers(1, 3)), assurance=draw(st.integers(1, 3)),
        at=draw(st.integers(0, 6)), record=bytes([number]) * 16, channel=1,
    )  # fmt: skip
    return Value((slot, draw(st.integers(1, 2))), draw(st.integers(0, 6)), seen)


def front(some: list[Value]) -> list[Value]:
    """What a snapshot of these keeps."""
    kept: Front[Value] = Front()
    for one in some:
        seen = one.seen
        rank = belief(seen.proof, seen.assurance, at=seen.at, record=seen.record)
        kept.offer(one.group, Held(rank, one.collected, one))
    return sorted(kept, key=lambda one: one.seen.record)


cuts = st.dictionaries(st.tuples(st.integers(0, 2), st.integers(1, 2)), st.integers(0, 7))


def shown(some: list[Value], cut: dict[tuple[int, int], int]) -> dict[str, Seen]:
    """The fold of what is not shut: each group from its own age on, and some as a whole."""
    return fold(one.seen for one in some if one.collected >= cut.get(one.group, 0))


def told(some: list[Value], cut: dict[tuple[int, int], int]) -> set[tuple[int, int]]:
    """Groups of which something is shut and nothing shown: what a view says of them."""
    open_groups = {one.group for one in some if one.collected >= cut.get(one.group, 0)}
    return {one.group for one in some} - open_groups


@given(some=values(), cut=cuts)
def test_the_fold_of_records_is_that_of_their_snapshot_whatever_is_shut(
    some: list[Value], cut: dict[tuple[int, int], int]
) -> None:
    assert shown(front(some), cut) == shown(some, cut)
    assert told(front(some), cut) == told(some, cut)


@given(some=values(), cut=cuts, at=st.integers(0, 14), data=st.data())
def test_the_fold_of_a_snapshot_and_later_records_is_that_of_all_in_any_order(
    some: list[Value], cut: dict[tuple[int, int], int], at: int, data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(some))
    assert shown([*front(mixed[:at]), *mixed[at:]], cut) == shown(some, cut)
    assert front([*front(mixed[:at]), *mixed[at:]]) == front(some) == front([*some, *mixed])


def _moment(month: int, day: int, hour: int) -> int:
    return int(datetime(2027, month, day, hour, tzinfo=UTC).timestamp()) * 1000


ends_of_months = st.builds(_moment, st.sampled_from([1, 3]), st.integers(28, 31), st.sampled_from([6, 12, 18]))
"""Of months that have a 31st; of those a month, or thirteen, later none has."""


def _plain(number: int, collected: int) -> Value:
    """Of two, the greater number is believed more."""
    seen = Seen(field="name", value=number, proof=1, assurance=1, at=number, record=bytes([number]) * 16, channel=1)
    return Value((0, 1), collected, seen)


@st.composite
def dated(draw: st.DrawFn) -> list[Value]:
    """The same, collected at ends of months, and of one group as most are."""
    some = draw(values())
    fields = [msgspec.structs.replace(one.seen, field="name") for one in some]
    return [Value((0, 1), draw(ends_of_months), seen) for seen in fields]


@given(some=dated(), keep=st.sampled_from([1, 13]))
@example(some=[_plain(1, _moment(1, 30, 12)), _plain(2, _moment(1, 31, 6))], keep=1)
def test_the_fold_of_a_snapshot_is_that_of_all_as_keeps_of_months_pass(some: list[Value], keep: int) -> None:
    of = Keep(n=keep, unit="months", after="event")
    ends = sorted({add(one.collected, of) for one in some})

    def seen(these: list[Value], at: int) -> dict[str, Seen]:
        return fold(one.seen for one in these if at < add(one.collected, of))

    for at in [*ends, *(end - 1 for end in ends)]:
        assert seen(front(some), at) == seen(some, at)


@given(some=dated(), data=st.data())
def test_the_front_of_dated_values_is_the_same_in_any_order_and_counted(some: list[Value], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(some))
    assert front(mixed) == front(some) == front([*front(some), *mixed])
    kept: Front[int] = Front()
    for number, one in enumerate(mixed):
        rank = belief(one.seen.proof, one.seen.assurance, at=one.seen.at, record=one.seen.record)
        kept.offer(one.group, Held(rank, one.collected, number))
    assert len(kept) == len(list(kept)) == len(front(some))


@given(some=values())
def test_of_a_group_nothing_is_kept_that_another_covers(some: list[Value]) -> None:
    kept = front(some)
    for one in kept:
        rank = belief(one.seen.proof, one.seen.assurance, at=one.seen.at, record=one.seen.record)
        for other in kept:
            if other is not one and other.group == one.group:
                theirs = belief(
                    other.seen.proof, other.seen.assurance, at=other.seen.at, record=other.seen.record
                )  # fmt: skip
                assert theirs < rank or other.collected < one.collected


def test_an_offer_to_a_front_looks_at_few_of_those_that_are_held() -> None:
    looks = 0

    class Rank(tuple[Any, ...]):
        __slots__ = ()

        def __lt__(self, other: tuple[Any, ...]) -> bool:
            nonlocal looks
            looks += 1
            return super().__lt__(other)

        def __ge__(self, other: tuple[Any, ...]) -> bool:
            return not self < other

    kept: Front[int] = Front()
    many = 1_000
    for number in range(many):  # each is believed more than those before it, and was collected before them
        kept.offer("one", Held(cast("Any", Rank((1, False, number, b""))), many - number, number))
    assert len(list(kept)) == many
    assert looks < 20 * many
