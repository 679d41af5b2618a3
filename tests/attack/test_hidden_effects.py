"""A policy that widens without an effect would rule at once: who packs a person's own copy, and from where."""

from __future__ import annotations

import pytest

from lockhouse.errors import Invalid
from lockhouse.policy.diff import diff
from tests.unit.policy.worlds import EXAMPLE, compiled

COPIES = "a copy of all that is kept of a person full by packer for requests"
PACKER = """  packer: {for: [requests], may: [request.fulfil], networks: [10.0.0.0/8], training: [phishing],
    reveal: {contact: {reason: [call back], step_up: 5 minutes, grant: required}}}
"""
WITH = EXAMPLE.replace("\nroles:\n", f"\nroles:\n{PACKER}")


@pytest.mark.parametrize(
    ("old", "new", "guard"),
    [
        ("networks: [10.0.0.0/8], ", "", "networks"),
        ("networks: [10.0.0.0/8]", "networks: [10.0.0.0/8, 11.0.0.0/8]", "networks"),
        ("training: [phishing],", "training: [],", "courses"),
        ("[call back], step", "[call back, other], step", "reasons"),
        ("step_up: 5 minutes, ", "step_up: 6 minutes, ", "step-up"),
        ("step_up: 5 minutes, ", "", "step-up"),
        (", grant: required", "", "grant"),
    ],
)
def test_a_guard_of_the_copy_that_is_loosened_is_an_effect_and_tightening_it_is_none_that_widens(
    old: str, new: str, guard: str
) -> None:
    assert old in PACKER
    looser = EXAMPLE.replace("\nroles:\n", f"\nroles:\n{PACKER.replace(old, new)}")
    effects = diff(compiled(WITH), compiled(looser))
    assert f"{COPIES}, with another guard: {guard}" in effects.readable_by_more
    back = diff(compiled(looser), compiled(WITH))
    assert (f"{COPIES}, with another guard: {guard}" in back.readable_by_less, back.widening) == (True, False)


@pytest.mark.parametrize("at", ["name: Northwind", "call back"])
def test_an_escape_that_writes_half_a_character_is_a_problem_with_its_place(at: str) -> None:
    assert at in EXAMPLE
    with pytest.raises(Invalid, match=r"policy\.yaml:\d+:\d+: expected text in UTF-8, got half of a character"):
        compiled(EXAMPLE.replace(at, at.replace(at.removeprefix("name: "), '"\\ud800"'), 1))


@pytest.mark.parametrize("less", [("for: [requests]", "for: [fulfilment]"), ("request.fulfil", "request.open")])
def test_who_comes_to_pack_copies_is_an_effect_though_they_see_nothing_else(less: tuple[str, str]) -> None:
    plain = PACKER.partition(",\n    reveal")[0] + "}\n"
    before, after = (
        compiled(EXAMPLE.replace("\nroles:\n", f"\nroles:\n{one}")) for one in (plain.replace(*less), plain)
    )
    effects = diff(before, after)
    assert COPIES in effects.readable_by_more
    assert effects.widening
    assert COPIES in diff(after, before).readable_by_less
