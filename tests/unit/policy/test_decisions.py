"""Decisions written by hand from the example policy, before the program was asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from lockhouse.model.decision import Actor, Ask, Facts, PersonFacts
from lockhouse.model.scale import PersonState
from lockhouse.policy.decide import decide, map_consent, purposes_open
from lockhouse.policy.sentences import SENTENCES
from tests.policy_oracle import deciding, living, words
from tests.unit.policy.worlds import EXAMPLE, VECTORS, compiled, template


@dataclass(frozen=True)
class Case:
    ask: Ask
    field: str
    answer: str
    codes: frozenset[str]


def _case(line: str) -> Case:
    roles, how, purpose, field, known, expected, codes = (part.strip() for part in line.split("|"))
    words = dict(re.findall(r"(\w+)(?:=(\S+))?", known))
    action, mode = how.split()
    facts = Facts(
        training=frozenset({"privacy-basics", "phishing"}) if "courses" in words else frozenset(),
        state=PersonState[words["state"]] if "state" in words else PersonState.NONE,
        consents={words[key]: key == "yes" for key in ("yes", "no") if key in words},
        suppressed=frozenset({words["supp"]} if "supp" in words else ()),
        objected=frozenset({words["obj"]} if "obj" in words else ()),
        region=words.get("region"),
        step_up_age_s=int(words["step"]) if "step" in words else None,
        own_record="own" in words,
        today=words.get("today"),
    )
    actor = Actor(id="a", kind="service" if "service" in words else "staff", roles=tuple(roles.split()))
    ask = Ask(
        actor=actor,
        action=action,  # type: ignore[arg-type] # a word of the table
        purpose=purpose,
        facts=facts,
        fields=(field,),
        mode=mode,  # type: ignore[arg-type] # a word of the table
        reason=words.get("reason"),
        recipient=words.get("to"),
    )
    return Case(ask, field, expected, frozenset(codes.split()))


WRITTEN = words.merged(EXAMPLE, template("retail@1"))
LINES = [
    line
    for line in (VECTORS / "decisions.txt").read_text("utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(LINES) >= 60


@pytest.mark.parametrize("line", LINES)
def test_a_hand_written_decision_holds(line: str) -> None:
    case = _case(line)
    decision = decide(compiled(), case.ask)
    sets = {"open": decision.open, "masked": decision.masked, "shut": decision.shut}
    assert sets[case.answer] == {case.field}
    assert frozenset(decision.because.get(case.field, ())) == case.codes


@pytest.mark.parametrize("line", LINES)
def test_the_second_interpreter_says_the_same(line: str) -> None:
    case = _case(line)
    assert deciding.decide(WRITTEN, case.ask, case.field) == (case.answer, case.codes)


STANDING = [
    Facts(region="de", today="2026-11-23"),
    Facts(region="us", today="2026-11-23"),
    Facts(today="2026-11-23"),
    Facts(region="de", consents={"marketing": True, "analytics": False}, today="2026-11-23"),
    Facts(region="us", consents={"marketing": False}, today="2028-01-01"),
    Facts(region="us", suppressed=frozenset({"marketing", "analytics", "fulfilment"})),
    Facts(region="us", objected=frozenset({"analytics", "accounting"}), today="2026-11-23"),
    *(Facts(region="us", state=state, today="2026-11-23") for state in PersonState),
    Facts(region="us", own_record=True),
]
BROUGHT: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"step_up_age_s": 60}, "other"),
    ({"step_up_age_s": 60, "training": frozenset({"privacy-basics", "phishing"})}, "other"),
    ({"step_up_age_s": 600, "training": frozenset({"privacy-basics", "phishing"})}, "other"),
    ({"training": frozenset({"privacy-basics", "phishing"})}, None),
]
ACTIONS = [
    ("show", "full"), ("show", "masked"), ("reveal", "full"), ("count", "aggregate"), ("check", "full"),
    ("change", "full"), ("package", "full"), ("send", "full"),
]  # fmt: skip
ROLES = [("support",), ("analyst",), ("privacy_officer",), ("support", "analyst"), ("admin", "privacy_officer"), ()]


@pytest.mark.parametrize("roles", ROLES)
def test_two_interpreters_agree_on_every_combination(roles: tuple[str, ...]) -> None:
    policy = compiled()
    for facts, (brought, reason), (action, mode) in product(STANDING, BROUGHT, ACTIONS):
        ask = Ask(
            actor=Actor(id="a", kind="service" if action == "send" else "staff", roles=roles),
            action=action,
            purpose="",
            facts=replace(facts, **brought),
            mode=mode,
            reason=reason,
            recipient="klaviyo",
        )
        for purpose in ("fulfilment", "marketing", "analytics", "requests"):
            decision = decide(policy, replace(ask, purpose=purpose))
            states = dict.fromkeys(decision.open, "open") | dict.fromkeys(decision.masked, "masked")
            for name in ("email", "phone", "order_id", "order_total", "ip", "birth_date", "page_path"):
                told = deciding.decide(WRITTEN, replace(ask, purpose=purpose), name)
                assert told.state == states.get(name, "shut")


BANNERS: list[dict[str, bool] | None] = [
    None, {}, {"Functional": True}, {"Advertising": True}, {"Advertising": True, "C0004": False}, {"marketing": False},
    {"analytics": True, "Advertising": True}, {"analytics": False},
]  # fmt: skip


@pytest.mark.parametrize("banner", BANNERS)
def test_two_interpreters_agree_on_what_is_live_for_an_event(banner: dict[str, bool] | None) -> None:
    policy = compiled()
    said, _ = map_consent(policy, banner)
    stored: list[dict[str, bool]] = [{}, {"marketing": True}, {"marketing": False, "analytics": False}]
    states = (PersonState.NONE, PersonState.RESTRICTED)
    for region, consents, state, signals in product((None, "de", "us", "us-ca"), stored, states, ((), ("gpc",))):
        facts = PersonFacts(
            region=region, consents=consents, event_consents=said, state=state, signals=frozenset(signals)
        )
        bits = purposes_open(policy, facts)
        live = {one.name for position, one in enumerate(policy.purposes) if bits >> position & 1} - {"requests"}
        assert live == living.live(WRITTEN, facts, banner=banner, gpc="gpc" in facts.signals)


@pytest.mark.parametrize("line", LINES)
def test_every_code_has_a_sentence_with_what_why_and_who(line: str) -> None:
    for code in _case(line).codes:
        assert SENTENCES[code].count(".") >= 3
