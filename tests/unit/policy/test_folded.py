from __future__ import annotations

import re

import pytest

from lockhouse.policy.diff import Effects, diff, render
from lockhouse.policy.folded import fold
from tests.unit.policy.worlds import EXAMPLE, compiled

TILL = EXAMPLE.replace("\n  backend:", "\n  till: {kind: segment, key: secret}\n  backend:")
KINDS = ("newly_kept", "no_longer_kept", "readable_by_more", "readable_by_less", "sent_to_more", "sent_to_less")


def test_a_new_channel_is_a_line_for_each_purpose_that_names_its_fields() -> None:
    effects = diff(compiled(), compiled(TILL))
    folded = fold(effects)
    assert len(effects.newly_kept) > 60
    assert 1 < len(folded.newly_kept) <= len(compiled().purposes)
    [line] = [one for one in folded.newly_kept if " for marketing, from " in one]
    assert re.match(r"\d+ fields for marketing, from \d+ events on till: birth_date, customer_id, ", line), line
    assert (folded.loosened, folded.widening) == (effects.loosened, True)


def test_what_is_alone_of_its_kind_stays_as_it_is() -> None:
    effects = diff(compiled(), compiled(EXAMPLE.replace("Unsubscribed:    [email]", "Unsubscribed:    [email, name]")))
    lone = Effects(newly_kept=("name for marketing, from Unsubscribed on web",), widening=True)
    assert fold(lone) == lone
    assert len(fold(effects).newly_kept) == len(effects.newly_kept), "one field on each channel: nothing is alike"


def test_one_field_of_many_events_and_many_fields_of_one_event_are_said_so() -> None:
    one = Effects(newly_kept=("ip for care, from A on web", "ip for care, from B on web"))
    assert fold(one).newly_kept == ("ip for care, from 2 events on web",)
    many = Effects(no_longer_kept=("ip for care, from A on B on web", "note for care, from A on B on web"))
    assert fold(many).no_longer_kept == ("2 fields for care, from A on B on web: ip, note",)


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
def test_folding_leaves_out_no_field_and_no_place(before: str | None) -> None:
    """Every word of a single line but its event's name stands in the line that it is folded into."""
    old = None if before is None else compiled(before)
    text = TILL if before is None or before == EXAMPLE else EXAMPLE
    effects = diff(old, compiled(text))
    for kind in KINDS:
        lines = getattr(fold(effects), kind)
        for single in getattr(effects, kind):
            field, _, rest = re.sub(r", from .+ on ", " on ", single).partition(" ")
            wanted = {field, *rest.split()}
            assert any(wanted <= set(re.split(r"[ ,:]+", one)) | set(one.split()) for one in lines), single
    assert len(render(fold(effects)).splitlines()) <= len(render(effects).splitlines()) / 2
