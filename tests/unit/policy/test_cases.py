"""Tests beside a policy: read strictly, with places, and judged by what the policy really does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid
from lockhouse.policy.cases import parse_cases
from lockhouse.policy.judging import judge_cases
from tests.unit.policy.worlds import compiled

if TYPE_CHECKING:
    from lockhouse.policy.judging import Failure

ORDER = """
    channel: backend
    event: Order Completed
    sent: {email: canary@customers.example, order_id: A-1, order_total: "19.90", ssn: canary-1}
"""


def _judged(text: str) -> tuple[Failure, ...]:
    policy = compiled()
    return judge_cases(policy, parse_cases("t.yaml", f"tests: 1\n{text}", policy))


def _lines(text: str) -> list[str]:
    return [line for failure in _judged(text) for line in failure.lines]


@pytest.mark.parametrize(
    "case",
    [
        "role: support, for: fulfilment, field: email, expect: masked, because: [reason, step-up]",
        "role: support, for: fulfilment, field: order_id, expect: open",
        "role: support, for: fulfilment, field: order_id, expect: shut, brought: {courses: [phishing]}",
        "role: [support, analyst], for: analytics, field: order_total, action: count, expect: open",
        (
            "role: support, for: fulfilment, field: email, action: reveal, expect: open, "
            "brought: {reason: 'call back: T-1', step_up: 8 hours}"
        ),
        "role: support, for: fulfilment, field: order_id, expect: shut, person: {own: true}, because: [own-record]",
        "role: analyst, for: analytics, field: order_total, action: count, expect: shut, person: {state: [minor]}",
        (
            "for: marketing, field: email, action: send, to: klaviyo, expect: open, "
            "person: {region: us}, brought: {today: 2026-11-23}"
        ),
        (
            "for: marketing, field: email, action: send, to: klaviyo, expect: shut, because: [no-consent], "
            "person: {region: de}, brought: {today: 2026-11-23}"
        ),
        (
            "role: privacy_officer, for: requests, field: email, action: package, expect: open, "
            "brought: {reason: case-1, step_up: 5 minutes}"
        ),
    ],
)
def test_a_decision_that_the_policy_makes_holds_and_its_contrary_does_not(case: str) -> None:
    assert _judged(f"decisions:\n  - {{{case}}}\n") == ()
    expected = next(word for word in ("open", "masked", "shut") if f"expect: {word}" in case)
    contrary = "shut" if expected == "open" else "open"
    [line] = _lines(f"decisions:\n  - {{{case.replace(f'expect: {expected}', f'expect: {contrary}')}}}\n")
    assert f"expected {contrary}, got {expected}" in line


def test_other_codes_than_expected_are_told() -> None:
    lines = _lines("decisions:\n  - {role: support, for: fulfilment, field: email, expect: masked, because: [grant]}\n")
    assert lines == ["email: expected masked because of grant, got reason, step-up"]


def test_what_is_kept_of_an_event_is_judged_with_its_purposes_and_what_is_dropped_with_its_reason() -> None:
    kept = "{email: [fulfilment], order_id: [fulfilment, accounting], order_total: [accounting, analytics]}"
    text = f"collects:\n  -{ORDER}    kept: {kept}\n    dropped: {{properties.*: undeclared}}\n"
    assert _judged(text.replace("  -\n    channel", "  - channel")) == ()


def test_a_difference_names_each_field_that_is_missing_too_many_or_kept_otherwise() -> None:
    text = (
        f"collects:\n  - says: an order{ORDER}    kept: {{email: [marketing], birth_date: [marketing], order_id: []}}\n"
    )
    [failure] = _judged(text)
    assert (failure.where, failure.says) == ("t.yaml:3:5", "an order")
    assert failure.lines == (
        "- birth_date: expected to be kept, is not",
        "+ order_total: kept for accounting, analytics, expected not to be",
        "~ email: expected to be kept for marketing, is for fulfilment",
        "~ order_id: expected to be kept for nothing, is for accounting, fulfilment",
    )


def test_the_events_own_consent_object_and_the_persons_state_count() -> None:
    seen = (
        "collects:\n  - channel: backend\n    event: identify\n    sent: {email: a@b.example, birth_date: 1990-01-02}\n"
    )
    assert _judged(seen + "    kept: [email, birth_date]\n    consent: {Advertising: true}\n") == ()
    [line] = _lines(
        seen + "    kept: [email, birth_date]\n    consent: {Advertising: true}\n    person: {state: [restricted]}\n"
    )
    assert line == "- birth_date: expected to be kept, is not (no-consent)"


def test_a_region_is_believed_of_a_secret_key_and_of_no_public_one() -> None:
    shown = compiled()
    text = (
        "collects:\n  - channel: {}\n    event: Order Completed\n    consent: {{}}\n"
        "    sent: {{email: a@b.example, name: Ann, shipping_country: US}}\n"
        "    kept: {{email: [fulfilment], name: [fulfilment], shipping_country: [fulfilment]}}\n"
    )
    assert _judged(text.format("web")) == _judged(text.format("backend")) == ()
    unasked = text.replace("    consent: {{}}\n", "").replace("[fulfilment]}}", "[analytics, fulfilment]}}")
    assert _judged(unasked.format("web")) == ()
    assert "~ email: expected to be kept for fulfilment, is for fulfilment, marketing" in _lines(
        unasked.format("backend")
    )
    assert shown.channels["web"].assurance_key == "public"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tests: 2\ndecisions: []\n", "t.yaml:1:8: expected tests: 1, the only version, got '2'"),
        ("decisions: []\n", "t.yaml:1:1: expected a key 'tests', got none"),
        ("tests: 1\n", "t.yaml:1:1: expected at least one case under decisions or collects, got none"),
        ("", "t.yaml:1:1: expected policy tests, got nothing"),
        (
            "tests: 1\ndecisions:\n  - {role: suport, for: fulfilment, field: email, expect: open}\n",
            (
                "t.yaml:3:12: expected one of admin, analyst, auditor, privacy_officer, support, "
                "got 'suport' (did you mean 'support'?)"
            ),
        ),
        (
            "tests: 1\ndecisions:\n  - {role: support, for: fulfilment, field: email, expects: open}\n",
            (
                "t.yaml:3:52: expected one of action, because, brought, expect, field, for, mode, person, role, says, "
                "to, got 'expects' (did you mean 'expect'?)"
            ),
        ),
        (
            "tests: 1\ndecisions:\n  - {role: support, to: klaviyo, for: fulfilment, field: email, expect: open}\n",
            "t.yaml:3:21: expected no 'to' with the action show, got one",
        ),
        (
            "tests: 1\ndecisions:\n  - {for: fulfilment, field: email, expect: open, person: {region: mars}}\n",
            "t.yaml:3:60: expected eu, a country such as de or a part of one such as us-ca",
        ),
        (
            "tests: 1\ncollects:\n  - {channel: backend, event: page, sent: {}, kept: [], dropped: {a: sideways}}\n",
            (
                "t.yaml:3:70: expected one of bad-value, no-consent, no-purpose, not-on-this-event, objected, region, "
                "too-long, too-old, undeclared, got 'sideways'"
            ),
        ),
        (
            "tests: 1\ndecisions:\n  - {for: fulfilment, field: email, expect: open}\n",
            "t.yaml:3:5: expected a key 'role', got none",
        ),
        (
            "tests: 1\ncollects:\n  - {channel: backend, event: page, sent: {a: 1, properties.a: 2}, kept: []}\n",
            "t.yaml:3:50: expected each place in what is sent once, got a second value for one",
        ),
        (
            "tests: 1\ncollects:\n  - {channel: backend, event: page, sent: {a: 1, properties.a.b: 2}, kept: []}\n",
            "t.yaml:3:50: expected each place in what is sent once, got a second value for one",
        ),
        (
            "tests: 1\ncollects:\n  - {channel: shop-berlin, event: page, sent: {}, kept: []}\n",
            "t.yaml:3:15: expected one of backend, web, got 'shop-berlin'",
        ),
    ],
)
def test_a_wrong_word_is_told_with_its_place_and_the_nearest_known(text: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_cases("t.yaml", text, compiled())
    assert said in caught.value.problems


def test_no_difference_repeats_what_was_sent() -> None:
    assert "canary" not in " ".join(_lines(f"collects:\n  - says: an order{ORDER}    kept: []\n    dropped: {{}}\n"))
