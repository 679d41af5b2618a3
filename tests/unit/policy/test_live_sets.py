"""Which sets of purposes age can leave over: each that a moment can bring about, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.model.ids import DAY_MS
from lockhouse.model.policy import BasisWord, Field, Keep, Purpose
from lockhouse.policy.life import add
from lockhouse.policy.live_sets import by_age, by_consent
from tests.unit.policy.worlds import compiled, template

SHOP = "controller: {name: Shop, contact: privacy@shop.example, regulations: [gdpr]}\n" + template("retail@1")
YEAR_MS = 365 * DAY_MS
keeps = st.builds(
    Keep,
    n=st.integers(1, 40),
    unit=st.sampled_from(["days", "months"]),
    after=st.sampled_from(["event", "last_activity"]),
)


def _purpose(name: str, keep: Keep, *, refusable: bool = False) -> Purpose:
    basis: BasisWord = "consent" if refusable else "contract"
    return Purpose(id=1, name=name, about="Why", basis={"default": basis}, keep=keep, refusable=refusable)


def _field(purposes: dict[str, Purpose]) -> Field:
    return Field(id=1, name="note", type="text", class_="profile", purposes=tuple(sorted(purposes)))


@given(
    kept=st.lists(st.tuples(keeps, st.booleans()), min_size=1, max_size=5),
    at=st.integers(0, 40 * YEAR_MS),
    active_after=st.integers(0, 5 * YEAR_MS),
    arrives_after=st.integers(0, 5 * YEAR_MS),
)
def test_whatever_age_leaves_over_has_a_slot(
    kept: list[tuple[Keep, bool]], at: int, active_after: int, arrives_after: int
) -> None:
    """Drawn lengths and moments, by the calendar arithmetic that decides: nothing falls between two slots."""
    purposes = {
        f"p{number}": _purpose(f"p{number}", keep, refusable=refusable) for number, (keep, refusable) in enumerate(kept)
    }
    now = at + max(active_after, arrives_after)
    starts = {"event": at, "last_activity": at + active_after}
    live = {name for name, one in purposes.items() if one.keep and add(starts[one.keep.after], one.keep) > now}
    found = {*by_consent(_field(purposes), purposes), *by_age(_field(purposes), purposes)}
    assert not live or tuple(sorted(live)) in found
    without = {name for name in live if not purposes[name].refusable}
    assert not without or tuple(sorted(without)) in found


@given(kept=st.lists(st.tuples(keeps, st.booleans()), min_size=1, max_size=5))
def test_no_set_is_named_twice_and_none_is_empty(kept: list[tuple[Keep, bool]]) -> None:
    purposes = {f"p{at}": _purpose(f"p{at}", keep, refusable=refusable) for at, (keep, refusable) in enumerate(kept)}
    found = [*by_consent(_field(purposes), purposes), *by_age(_field(purposes), purposes)]
    assert len(found) == len(set(found))
    assert all(found)


def _months(n: int, after: str) -> Keep:
    return Keep(n=n, unit="months", after="event" if after == "event" else "last_activity")


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ({"ship": _months(24, "event"), "book": _months(84, "event")}, {("book",)}),
        ({"ship": _months(24, "last_activity"), "book": _months(84, "event")}, {("book",), ("ship",)}),
        ({"ship": _months(84, "last_activity"), "book": _months(24, "event")}, {("ship",)}),
        ({"ship": _months(24, "event"), "book": _months(24, "event")}, set()),
    ],
)
def test_of_two_keeps_only_the_one_that_can_outlast_is_left(kept: dict[str, Keep], left: set[tuple[str, ...]]) -> None:
    purposes = {name: _purpose(name, keep) for name, keep in kept.items()}
    assert set(by_age(_field(purposes), purposes)) == left


def test_the_shipped_template_pays_four_slots_and_no_key_for_what_age_leaves_over() -> None:
    policy = compiled(SHOP)
    fixed = {one.name for one in policy.purposes if not one.refusable}
    aged = [one for one in policy.slots if not fixed.intersection(policy.fields[one.field].purposes) <= {*one.purposes}]
    assert {one.name for one in aged} == {
        "currency@accounting", "currency@fulfilment", "order_id@accounting", "order_id@fulfilment",
    }  # fmt: skip
    assert (len(policy.slots), len(policy.compartments)) == (38, 17)
    assert {one.compartment for one in aged} <= {one.compartment for one in policy.slots if one not in aged}


def test_many_keeps_are_compiled_in_no_time() -> None:
    """Their number is grown over, never that of all sets of them."""
    purposes = {f"p{at:02}": _purpose(f"p{at:02}", _months(at + 1, "event")) for at in range(60)}
    assert len(list(by_age(_field(purposes), purposes))) == 59
