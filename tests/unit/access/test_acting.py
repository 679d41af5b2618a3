"""The operating system's user acts as a role only while nobody could sign in instead."""

from __future__ import annotations

import pytest

from lockhouse.access.acting import acting
from lockhouse.errors import ActingRefused, Invalid


def test_before_staff_exist_the_machines_user_acts_and_is_named_by_number() -> None:
    actor = acting(1000, "support", roles=["support"])
    assert (actor.id, actor.kind, actor.roles) == ("os-user:1000", "os-user", ("support",))


def test_with_staff_nobody_acts_in_a_role_and_what_takes_none_goes_on() -> None:
    with pytest.raises(ActingRefused, match="expected members to act as themselves") as seen:
        acting(1000, "support", roles=["support"], has_staff=True)
    assert (seen.value.code, seen.value.reasons) == ("as-refused", ("has-staff",))
    assert acting(1000, None, roles=["support"], has_staff=True).roles == ()


def test_a_demo_house_lets_anyone_try_every_role() -> None:
    assert acting(0, "support", roles=["support"], has_staff=True, is_demo=True).roles == ("support",)


def test_an_unknown_role_is_named_with_those_that_exist() -> None:
    with pytest.raises(Invalid, match="--as: expected one of support, analyst, got another word"):
        acting(0, "boss", roles=["support", "analyst"])


def test_no_role_is_a_choice_too() -> None:
    assert acting(7, None, roles=[]).roles == ()
