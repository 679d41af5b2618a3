"""What would show a masked value in full: a reveal of one's own, another role, or nothing but another policy."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lockhouse.model.decision import Actor, Ask, Facts
from lockhouse.model.policy import Reveal
from lockhouse.policy.unmask import Unmasking, elsewhere, unmasking
from tests.unit.policy.worlds import compiled

POLICY = compiled()
TRAINED = Facts(training=frozenset({"privacy-basics", "phishing"}), region="de", quota_left=1, step_up_age_s=60)
REASONS = ("call back", "delivery problem", "other")


def _ask(*roles: str, purpose: str = "fulfilment", facts: Facts = TRAINED, reason: str | None = None) -> Ask:
    actor = Actor(id="os-user:1", kind="os-user", roles=roles)
    return Ask(actor=actor, action="show", purpose=purpose, facts=facts, mode="masked", reason=reason)


@pytest.mark.parametrize(
    ("facts", "reason", "lacking"),
    [
        (TRAINED, None, ("reason",)),
        (TRAINED, "call back: T-17", ()),
        (TRAINED, "curious", ("reason",)),
        (replace(TRAINED, step_up_age_s=None), None, ("reason", "step-up")),
        (replace(TRAINED, training=frozenset()), "call back", ("course-missing",)),
    ],
)
def test_a_reveal_of_ones_own_names_what_it_lacks(facts: Facts, reason: str | None, lacking: tuple[str, ...]) -> None:
    found = unmasking(POLICY, _ask("support", facts=facts, reason=reason), "email")
    assert found == Unmasking(role="support", lacking=lacking, reasons=REASONS)


def test_of_two_roles_the_one_that_lacks_less_is_named() -> None:
    other = replace(POLICY.roles["support"], name="desk", reveal={"contact": Reveal(reasons=None, step_up_s=3600)})
    row = POLICY.table["support"]
    policy = replace(POLICY, roles={**POLICY.roles, "desk": other}, table={**POLICY.table, "desk": row})
    for roles in (("support", "desk"), ("desk", "support")):
        found = unmasking(policy, _ask(*roles, reason="curious"), "email")
        assert (found.role, "reason" in found.lacking) == ("desk", False)


def test_what_needs_no_reason_lists_none() -> None:
    found = unmasking(POLICY, _ask("support"), "order_id")
    assert (found.role, found.lacking, found.reasons) == ("support", (), None)


def test_what_only_another_role_sees_in_full_names_it_with_its_purposes() -> None:
    found = unmasking(POLICY, _ask("support", "nobody"), "loyalty_id")
    assert (found.role, found.others) == ("", (("privacy_officer", ("requests",)),))
    assert elsewhere(found, "fulfilment").endswith("Whoever may act so can: --as privacy_officer for requests.")


def test_what_nobody_sees_in_full_is_said_to_need_another_policy() -> None:
    table = {name: row for name, row in POLICY.table.items() if name == "support"}
    found = unmasking(replace(POLICY, table=table), _ask("support"), "loyalty_id")
    assert found == Unmasking()
    assert "no role of the policy sees this in full" in elsewhere(found, "fulfilment")
