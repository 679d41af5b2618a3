"""Laws of what a snapshot keeps: nothing that a fold could show is missing, whatever is shut and however it was cut."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from lockhouse.identity.fold import Seen, belief, fold
from lockhouse.identity.front import Front, Held


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
