"""What a policy says of a soft opt-in: read strictly, told in words, and judged by the tests beside it."""

from __future__ import annotations

import pytest

from lockhouse.errors import Invalid
from lockhouse.model.decision import PersonFacts
from lockhouse.policy.cases import parse_cases
from lockhouse.policy.diff import diff
from lockhouse.policy.explain import explain, explain_known
from lockhouse.policy.judging import judge_cases
from tests.unit.policy.worlds import SMALL, compiled, document

SOFT = SMALL.replace("basis: consent", "basis: soft_opt_in, soft_opt_in: {after: [Seen]}")


def test_the_events_that_make_a_customer_are_the_documents_own() -> None:
    assert next(one for one in compiled(SOFT).purposes if one.name == "news").sales == ("Seen",)
    assert all(one.sales == () for one in compiled(SMALL).purposes)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("basis: soft_opt_in, soft_opt_in: {after: [Sean]}", "expected 'Seen', got 'Sean'"),
        ("basis: soft_opt_in, soft_opt_in: {after: []}", "expected at least one event of a sale"),
        ("basis: soft_opt_in, soft_opt_in: {}", "expected a key 'after', got none"),
        ("basis: soft_opt_in, soft_opt_in: {behind: [Seen]}", "expected 'after', got 'behind'"),
        ("basis: consent, soft_opt_in: {after: [Seen]}", "expected 'soft_opt_in' on a purpose that has that basis"),
    ],
)
def test_what_makes_a_customer_is_read_strictly(said: str, wrong: str) -> None:
    with pytest.raises(Invalid) as caught:
        document(SMALL.replace("basis: consent", said))
    assert any(wrong in problem for problem in caught.value.problems), caught.value.problems


def test_a_further_sale_that_makes_customers_loosens() -> None:
    made = "Seen makes a customer for news"
    bare = SMALL.replace("basis: consent", "basis: soft_opt_in")
    assert made in diff(compiled(bare), compiled(SOFT)).loosened
    assert diff(compiled(SOFT), compiled(bare)).tightened == (f"no longer: {made}",)


def test_it_is_said_whether_a_soft_opt_in_rests_on_a_sale() -> None:
    def told(person: PersonFacts) -> list[str]:
        return explain(compiled(SOFT), role="clerk", field="email", purpose="news", person=person)

    assert "They are not known as a customer for news; Seen makes them one." in told(PersonFacts())
    bought = PersonFacts(customer=frozenset({"news"}))
    assert "They are a customer, which carries the soft opt-in for news until they say no." in told(bought)
    refused = PersonFacts(customer=frozenset({"news"}), consents={"news": False})
    assert not any("customer" in line for line in told(refused)[2:])


def test_a_role_that_sees_nobody_is_not_told_who_is_a_customer() -> None:
    policy = compiled(SOFT.replace("{contact: masked}", "{profile: masked}"))
    for customer in (frozenset[str](), frozenset({"news"})):
        person = PersonFacts(customer=customer)
        told = explain_known(policy, role="clerk", field="email", purpose="news", person=person)
        assert not any("customer " in line for line in told[2:])


CASE = "tests: 1\ncollects:\n  - {channel: web, event: Seen, sent: {SENT}, kept: {KEPT}}\n"


@pytest.mark.parametrize(
    ("key", "sent", "more", "kept"),
    [
        ("secret", "email: a@b.example", "", "email: [care, news]"),
        ("public", "email: a@b.example", "", "email: [care]"),
        ("public", "email: a@b.example", ", person: {customer: true}", "email: [care, news]"),
        ("secret", "email: a@b.example", ", consent: {news: false}", "email: [care]"),
        ("secret", "email: a@b.example", ", consent: {}", "email: [care]"),
    ],
)
def test_the_tests_beside_a_policy_see_a_sale_as_the_gate_does(key: str, sent: str, more: str, kept: str) -> None:
    policy = compiled(SOFT.replace("key: public", f"key: {key}"))
    text = CASE.replace("SENT", sent).replace("KEPT}}", f"{kept}}}{more}}}")
    assert judge_cases(policy, parse_cases("t.yaml", text, policy)) == ()
