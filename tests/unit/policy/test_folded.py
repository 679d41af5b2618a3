from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.policy.diff import Effects, diff, render
from lockhouse.policy.folded import fold
from tests.unit.policy.worlds import EXAMPLE, compiled

TILL = EXAMPLE.replace("\n  backend:", "\n  till: {kind: segment, key: secret}\n  backend:")
KINDS = ("newly_kept", "no_longer_kept", "readable_by_more", "readable_by_less", "sent_to_more", "sent_to_less")


def test_a_new_channel_is_told_in_lines_that_name_its_fields_and_events() -> None:
    effects = diff(compiled(), compiled(TILL))
    folded = fold(effects)
    assert len(effects.newly_kept) > 60
    assert 1 < len(folded.newly_kept) < len(effects.newly_kept) / 2
    assert "loyalty_id for marketing, from 2 events on till: Order Completed, identify" in folded.newly_kept
    assert "2 fields for analytics, from page on till: ip, page_path" in folded.newly_kept
    assert (folded.loosened, folded.widening) == (effects.loosened, True)


def test_what_is_alone_of_its_kind_stays_as_it_is() -> None:
    effects = diff(compiled(), compiled(EXAMPLE.replace("Unsubscribed:    [email]", "Unsubscribed:    [email, name]")))
    lone = Effects(newly_kept=("name for marketing, from Unsubscribed on web",), widening=True)
    assert fold(lone) == lone
    assert len(fold(effects).newly_kept) == len(effects.newly_kept), "one field on each channel: nothing is alike"


def test_one_field_of_many_events_and_many_fields_of_one_event_are_said_so() -> None:
    one = Effects(newly_kept=("ip for care, from A on web", "ip for care, from B on web"))
    assert fold(one).newly_kept == ("ip for care, from 2 events on web: A, B",)
    many = Effects(no_longer_kept=("ip for care, from A on B on web", "note for care, from A on B on web"))
    assert fold(many).no_longer_kept == ("2 fields for care, from A on B on web: ip, note",)


def test_fields_of_other_events_are_never_told_in_one_line() -> None:
    """Each was kept of both, and is kept of one: no line says of either that it is kept of none."""
    pairs = [("email", "B"), ("phone", "A")]
    apart = tuple(f"{field} for care, from {event} on web" for field, event in pairs)
    assert fold(Effects(no_longer_kept=apart)).no_longer_kept == apart
    both = tuple(f"{field} for care, from {event} on web" for field in ("email", "phone") for event in ("A", "B"))
    assert fold(Effects(no_longer_kept=both)).no_longer_kept == (
        "2 fields for care, from 2 events on web: email, phone; A, B",
    )


def _unfolded(line: str) -> set[tuple[str, str, str]]:
    """The (field, event, rest) that a line says, as somebody reads it."""
    found = re.fullmatch(r"(\d+ fields|\w+) (for \w+), from (.+?) (on [a-z]+)(?:: (.+))?", line)
    assert found is not None, line
    field, purpose, event, channel, names = found.groups()
    lists = [part.split(", ") for part in names.split("; ")] if names else []
    fields = lists.pop(0) if " " in field else [field]
    events = lists.pop(0) if lists else [event]
    assert not lists, line
    assert field in {fields[0], f"{len(fields)} fields"}
    assert event in {events[0], f"{len(events)} events"}
    return {(one, of, f"{purpose} {channel}") for one in fields for of in events}


@given(
    st.sets(
        st.tuples(
            st.sampled_from(["email", "phone", "ip", "note"]), st.sampled_from(["A", "B", "Order Completed", "page"]),
            st.sampled_from(["for care on web", "for sales on web", "for care on till"]),
        )
    )
)  # fmt: skip
def test_what_the_lines_name_is_what_the_effects_are(pairs: set[tuple[str, str, str]]) -> None:
    lines = [f"{field} {rest.replace(' on', f', from {event} on')}" for field, event, rest in pairs]
    folded = fold(Effects(newly_kept=tuple(sorted(lines)))).newly_kept
    said = [one for line in folded for one in _unfolded(line)]
    assert set(said) == pairs
    assert len(said) == len(pairs), "none is told twice"


def test_readers_and_receivers_fold_by_all_but_the_field() -> None:
    guard = "full by clerk for care, with another guard: grant"
    effects = Effects(
        readable_by_more=("email full by clerk for care", f"ip {guard}", f"note {guard}"),
        sent_to_more=("email to crm for care", "mail: until review never", "name to crm for care"),
    )
    folded = fold(effects)
    assert folded.readable_by_more == (f"2 fields {guard}: ip, note", "email full by clerk for care")
    assert folded.sent_to_more == ("2 fields to crm for care: email, name", "mail: until review never")


@pytest.mark.parametrize("before", [None, EXAMPLE, TILL])
def test_folding_leaves_out_no_field_no_event_and_no_place(before: str | None) -> None:
    """Every word of a single line stands in the line that it is folded into."""
    old = None if before is None else compiled(before)
    text = TILL if before is None or before == EXAMPLE else EXAMPLE
    effects = diff(old, compiled(text))
    for kind in KINDS:
        lines = getattr(fold(effects), kind)
        for single in getattr(effects, kind):
            wanted = set(re.split(r"[ ,:;]+", single))
            assert any(wanted <= set(re.split(r"[ ,:;]+", one)) for one in lines), single
    assert len(render(fold(effects)).splitlines()) <= len(render(effects).splitlines()) / 2
