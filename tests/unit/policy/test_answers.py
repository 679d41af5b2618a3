"""Decisions with their masks, guards and codes, written by hand from a second policy; two interpreters are judged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

import pytest

from lockhouse.model.decision import Action, Actor, Ask, Facts, Wanted
from lockhouse.model.policy import Guard, Mode
from lockhouse.model.scale import PersonState
from lockhouse.policy.decide import decide
from tests.policy_oracle import deciding, words
from tests.unit.policy.worlds import VECTORS, compiled

CLINIC = (VECTORS / "clinic.yaml").read_text("utf-8")
LINES = [
    line
    for line in (VECTORS / "answers.txt").read_text("utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


@dataclass(frozen=True)
class Row:
    ask: Ask
    field: str
    answer: str
    mask: str | None
    guards: str
    codes: frozenset[str]


def _row(line: str) -> Row:
    roles, how, purpose, field, known, answer, guards, codes = (part.strip() for part in line.split("|"))
    action, mode = how.split()
    facts = dict(re.findall(r"(\w+)(?:=(\S+))?", known))
    ask = Ask(
        actor=Actor(id="a", kind="service" if "service" in facts else "staff", roles=tuple(roles.split())),
        action=cast("Action", action),
        purpose=purpose,
        facts=_facts(facts, purpose),
        fields=(field,),
        mode=cast("Wanted", mode),
        reason=facts.get("reason"),
        recipient=facts.get("to"),
    )
    state, _, mask = answer.partition(" ")
    return Row(ask, field, state, mask or None, guards, frozenset(codes.split()))


def _facts(known: dict[str, str], purpose: str) -> Facts:
    return Facts(
        training=frozenset(known.get("courses", "").split("+")),
        state=sum((PersonState[one] for one in known.get("state", "NONE").split("+")), PersonState.NONE),
        consents={known[key]: key == "yes" for key in ("yes", "no") if key in known},
        suppressed=frozenset({known[key] for key in ("supp",) if key in known}),
        objected=frozenset({known[key] for key in ("obj",) if key in known}),
        region=known.get("region"),
        grant="g-1" if "grant" in known else None,
        step_up_age_s=int(known["step"]) if "step" in known else None,
        network=known.get("net"),
        quota_left=int(known["quota"]) if "quota" in known else None,
        own_record="own" in known,
        today=known.get("today"),
        customer=frozenset({purpose} if "customer" in known else ()),
    )


def _wanted(ask: Ask) -> Mode:
    own: dict[str, Mode] = {"check": "check", "change": "change", "count": "aggregate"}
    return own.get(ask.action, ask.mode)


def _bits(guards: str) -> int | None:
    named = [] if guards == "none" else guards.upper().replace("-", "_").split()
    return None if guards == "-" else sum(Guard[one] for one in named)


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(LINES) >= 60
    assert {code for line in LINES for code in _row(line).codes} >= {"quota", "network", "grant", "region", "minor"}


@pytest.mark.parametrize("line", LINES)
def test_the_compiled_policy_answers_as_was_written_by_hand(line: str) -> None:
    row, policy = _row(line), compiled(CLINIC)
    decision = decide(policy, row.ask)
    assert {"open": decision.open, "masked": decision.masked, "shut": decision.shut}[row.answer] == {row.field}
    assert frozenset(decision.because.get(row.field, ())) == row.codes
    if row.mask is not None:
        assert policy.fields[row.field].mask == row.mask
    if row.ask.action not in {"send", "package"}:
        cells = policy.table[row.ask.actor.roles[0]].get(row.ask.purpose, {})
        class_ = policy.fields[row.field].class_ if row.field in policy.fields else ""
        assert cells.get(class_, {}).get(_wanted(row.ask)) == _bits(row.guards)


@pytest.mark.parametrize("line", LINES)
def test_the_second_interpreter_answers_as_was_written_by_hand(line: str) -> None:
    row, policy = _row(line), words.merged(CLINIC)
    assert deciding.decide(policy, row.ask, row.field) == (row.answer, row.codes)
    field = policy["fields"].get(row.field)
    if row.mask is not None:
        assert words.mask(field) == row.mask
    role = policy["roles"].get(row.ask.actor.roles[0])
    if row.ask.action not in {"send", "package"}:
        given = deciding.gives(role, field["class"]) if field and row.ask.purpose in role["for"] else {}
        assert given.get(_wanted(row.ask)) == _bits(row.guards)
