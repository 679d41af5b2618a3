"""Decisions written by hand from the example policy, before the program was asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from lockhouse.model.decision import Actor, Ask, Facts
from lockhouse.model.scale import PersonState
from lockhouse.policy.decide import decide
from lockhouse.policy.sentences import SENTENCES
from tests.unit.policy.naive import answer
from tests.unit.policy.worlds import VECTORS, compiled


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
def test_the_naive_interpreter_says_the_same(line: str) -> None:
    case = _case(line)
    assert answer(case.ask, case.field) == case.answer


@pytest.mark.parametrize("line", LINES)
def test_every_code_has_a_sentence_with_what_why_and_who(line: str) -> None:
    for code in _case(line).codes:
        assert SENTENCES[code].count(".") >= 3
