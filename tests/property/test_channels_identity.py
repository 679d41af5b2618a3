"""Laws of matching and folding, whatever the events."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from lockhouse.gates.corrections import RANKS_AS
from lockhouse.gates.imports import STAFF_CHANNEL
from lockhouse.identity.fold import Seen, canonical, fold
from lockhouse.identity.match import Match, match
from lockhouse.identity.normalise import normal
from lockhouse.model.rows import Link
from lockhouse.model.scale import Assurance, Belief, Proof

proofs = st.integers(1, 3)
beliefs = st.sampled_from(Belief)
tags = st.sampled_from([b"t0", b"t1", b"t2", b"t3"])
PEOPLE, DEVICES = (1, 2), (3,)


class Id(NamedTuple):
    kind: int
    tag: bytes
    belief: int
    is_person: bool


ids = st.builds(
    lambda kind, tag, belief: Id(kind, tag, belief, kind in PEOPLE), st.sampled_from([1, 2, 3]), tags, beliefs
)
events = st.lists(st.lists(ids, max_size=4, unique_by=lambda one: (one.kind, one.tag)), max_size=12)
Rows = dict[tuple[int, bytes], list[tuple[int, bytes, int]]]


def _play(history: list[list[Id]]) -> list[tuple[list[Id], Rows, Match, bytes]]:
    """Match events one after the other as the gate does; each step with the rows it saw and its person."""
    rows: Rows = {}
    steps = []
    for number, event in enumerate(history):
        before = {key: list(owners) for key, owners in rows.items()}
        answer = match(event, rows)
        person = answer.person or b"p%d" % number
        for kind, tag, belief in answer.new_indexes:
            rows.setdefault((kind, tag), []).append((belief, person, number))
        steps.append((event, before, answer, person))
    return steps


@given(history=events)
def test_an_event_never_adopts_a_person_by_an_index_of_lower_belief(history: list[list[Id]]) -> None:
    for event, before, answer, _ in _play(history):
        if answer.person is None:
            continue
        owners = [row for one in event for row in before.get((one.kind, one.tag), ()) if row[1] == answer.person]
        people = [one.belief for one in event if one.is_person] or [one.belief for one in event]
        assert max(owner[0] for owner in owners) >= max(people) == answer.belief


@given(history=events)
def test_an_index_at_one_belief_belongs_to_one_person_for_ever(history: list[list[Id]]) -> None:
    for _, before, answer, _ in _play(history):
        taken = {(kind, tag, row[0]) for (kind, tag), owners in before.items() for row in owners}
        assert not taken & set(answer.new_indexes)
        assert len(answer.new_indexes) == len(set(answer.new_indexes))


@given(history=events)
def test_all_indexes_of_a_person_are_of_one_belief(history: list[list[Id]]) -> None:
    believed: dict[bytes, set[int]] = {}
    for _, _, answer, person in _play(history):
        believed.setdefault(person, set()).update(belief for _, _, belief in answer.new_indexes)
    assert all(len(beliefs) <= 1 for beliefs in believed.values())


@given(history=events)
def test_nothing_joins_or_links_with_more_belief_than_the_event_gave_it(history: list[list[Id]]) -> None:
    for event, _, answer, person in _play(history):
        given_belief = {(one.kind, one.tag): one.belief for one in event}
        assert all(given_belief[kind, tag] == belief for kind, tag, belief in answer.new_indexes)
        assert all(Proof.CLAIMED <= link.proof <= max(answer.belief, Proof.CLAIMED) for link in answer.links)
        assert person not in {link.person for link in answer.links}


@given(history=events)
def test_a_device_and_a_person_never_share_a_source_person(history: list[list[Id]]) -> None:
    sorts: dict[bytes, set[bool]] = {}
    for _, _, answer, person in _play(history):
        for kind, _, _ in answer.new_indexes:
            sorts.setdefault(person, set()).add(kind in DEVICES)
    assert all(len(sort) == 1 for sort in sorts.values())


@given(history=events)
def test_the_same_event_again_changes_nothing(history: list[list[Id]]) -> None:
    doubled = [event for event in history for _ in range(2)]
    for _, _, answer, _ in _play(doubled)[1::2]:
        # only an event without identifiers makes somebody each time
        assert answer.new_indexes == ()


# Few grounds, so that many are equal and the last of them, the values' own bytes, has to decide.
seen = st.builds(
    Seen,
    field=st.sampled_from(["a", "b"]),
    value=st.one_of(st.integers(0, 3), st.text(max_size=1), st.lists(st.integers(0, 2), max_size=2)),
    proof=st.integers(1, 3),
    assurance=st.integers(1, 3),
    at=st.integers(0, 1),
    record=st.just(b"r0") | st.sampled_from([b"r1", b"r2"]),
    channel=st.just(1),
)


@given(values=st.lists(seen, max_size=12), data=st.data())
def test_folding_is_the_same_in_any_order_any_number_of_times(values: list[Seen], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(values))
    assert fold(values) == fold(shuffled) == fold([*values, *shuffled])


@given(values=st.lists(seen, max_size=12), cut=st.integers(0, 12))
def test_folding_parts_and_then_the_parts_is_folding_all(values: list[Seen], cut: int) -> None:
    parts = [*fold(values[:cut]).values(), *fold(values[cut:]).values()]
    assert fold(parts) == fold(values)


@given(values=st.lists(seen, max_size=12), at=st.integers(0, 2), data=st.data())
def test_what_staff_put_right_stands_in_any_order_but_before_what_is_newer_and_as_proven(
    values: list[Seen], at: int, data: st.DataObject
) -> None:
    proof, assurance = RANKS_AS
    right = Seen(field="a", value="right", proof=proof, assurance=assurance, at=at, record=b"r9", channel=STAFF_CHANNEL)
    best = fold(data.draw(st.permutations([*values, right])))["a"]
    newer = [one for one in values if one.field == "a" and one.proof == Proof.PROVEN and one.at > at]
    trusted = [one for one in newer if one.assurance >= Assurance.SECRET]
    assert best == (fold(trusted)["a"] if trusted else right)


people = st.sampled_from([bytes([65 + n]) * 16 for n in range(6)])
links = st.builds(
    lambda a, b, proof, kind: Link(a + b, a, b, kind, proof, 0, None, None, b"", b""),
    people,
    people,
    proofs,
    st.integers(0, 1),
)


@given(persons=st.lists(people, max_size=6), joined=st.lists(links, max_size=10), more=links)
def test_groups_part_the_persons_and_a_further_link_only_merges(
    persons: list[bytes], joined: list[Link], more: Link
) -> None:
    before, after = canonical(persons, joined), canonical(persons, [*joined, more])
    members = [person for group in before for person in group]
    assert len(members) == len(set(members))
    assert set(persons) <= set(members)
    assert all(any(set(group) <= set(wider) for wider in after) for group in before)
    assert canonical(reversed(persons), reversed(joined)) == before


@given(
    kind=st.sampled_from(["email", "phone", "id"]),
    typed=st.text(max_size=30) | st.text(st.characters(categories=["Cs"])),
)
def test_a_normal_text_is_its_own_normal_text(kind: str, typed: str) -> None:
    once = normal(kind, typed)
    assert once is None or normal(kind, once) == once
