"""A second interpreter over the plain YAML: slow, short, and no table. It follows docs/spec/policy.md.

It shares no code with the product but the YAML reader, so that an error must be made twice to go unseen. It was
written by the same hand as the compiler, so it guards against slips more than against misreadings.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from ruamel.yaml import YAML

from lockhouse.model.decision import Ask, PersonFacts
from lockhouse.model.scale import PersonState
from tests.unit.policy.worlds import EXAMPLE, template

SECONDS = {"8 hours": 28_800, "5 minutes": 300}
REFUSABLE = {"consent", "opt_out", "soft_opt_in", "legitimate_interest"}


@functools.cache
def merged() -> dict[str, Any]:
    """House over template, section by section, key by key."""
    yaml = YAML(typ="safe", pure=True)
    house, below = yaml.load(EXAMPLE), yaml.load(template("retail@1"))
    for section, value in house.items():
        below[section] = {**below.get(section, {}), **value} if isinstance(value, dict) else value
    return dict(below)


def answer(ask: Ask, name: str) -> str:
    """`open`, `masked` or `shut` for one field."""
    policy = merged()
    field = policy["fields"].get(name)
    if field is None or _forbidden(policy, ask):
        return "shut"
    if ask.action == "send":
        return "open" if _may_send(policy, ask, name, field) else "shut"
    if ask.action == "package":
        return "open" if _may_package(policy, ask) else "shut"
    if ask.purpose != "requests" and ask.purpose not in field["for"]:
        return "shut"
    grades = [_grade(policy["roles"][role], ask, field["class"]) for role in ask.actor.roles if role in policy["roles"]]
    return min(grades, key=["open", "masked", "shut"].index, default="shut")


def arriving(facts: PersonFacts, banner: dict[str, bool] | None) -> set[str]:
    """The purposes that are live for an event that carries this consent object, by section 4."""
    policy = merged()
    return {
        name for name, purpose in policy["purposes"].items() if _live(policy, name, purpose["basis"], facts, banner)
    }


def _live(policy: dict[str, Any], name: str, said: Any, facts: PersonFacts, banner: dict[str, bool] | None) -> bool:
    bases = {"default": said} if isinstance(said, str) else said
    if not set(bases.values()) & REFUSABLE:
        return True
    closed = facts.state != PersonState.NONE or name in facts.suppressed or name in facts.objected
    if closed or (policy["purposes"][name].get("sold_or_shared") and "gpc" in facts.signals):
        return False
    usable = set(bases.values())
    if facts.region is not None:
        usable = {bases.get(facts.region) or bases.get(facts.region.split("-")[0]) or bases["default"]}
    word = facts.consents.get(name)
    if banner is not None and word is not False:
        words = [answer for told, answer in banner.items() if policy["consent"]["names"].get(told, told) == name]
        word = all(words) if words else None if banner else False
    return not ("consent" in usable and word is not True) and not (
        usable & {"opt_out", "legitimate_interest"} and word is False
    )


def _forbidden(policy: dict[str, Any], ask: Ask) -> bool:
    facts = ask.facts
    if facts.state & (PersonState.ERASED | PersonState.ENDING):
        return True
    if facts.own_record and ask.actor.kind != "service":
        return True
    if any(len(set(ask.actor.roles) & set(pair)) > 1 for pair in policy["separate"]["roles"]):
        return True
    if ask.purpose == "requests":
        return False
    return ask.purpose not in policy["purposes"] or _closed(policy["purposes"][ask.purpose]["basis"], ask)


def _closed(said: Any, ask: Ask) -> bool:
    facts = ask.facts
    bases = {"default": said} if isinstance(said, str) else said
    region = facts.region
    usable = set(bases.values())
    if region is not None:
        usable = {bases.get(region) or bases.get(region.split("-")[0]) or bases["default"]}
    if facts.state & PersonState.RESTRICTED and usable != {"legal_obligation"}:
        return True
    if not set(bases.values()) & REFUSABLE:
        return False
    if facts.state & (PersonState.RESTRICTED | PersonState.MINOR):
        return True
    word = facts.consents.get(ask.purpose)
    return (
        ask.purpose in facts.suppressed | facts.objected
        or ("consent" in usable and word is not True)
        or (bool(usable & {"opt_out", "legitimate_interest"}) and word is False)
    )


def _may_send(policy: dict[str, Any], ask: Ask, name: str, field: dict[str, Any]) -> bool:
    recipient = policy["recipients"].get(ask.recipient)
    if recipient is None or ask.actor.kind != "service":
        return False
    review = str(recipient["review"]) if "review" in recipient else None
    if review is not None and (ask.facts.today is None or ask.facts.today > review):
        return False
    return name in recipient["fields"] and ask.purpose in recipient["for"] and ask.purpose in field["for"]


def _trained(role: dict[str, Any], ask: Ask) -> bool:
    return set(role.get("training", ())) <= ask.facts.training


def _revealed(role: dict[str, Any], ask: Ask, class_: str) -> bool:
    rules = role.get("reveal", {})
    rule = rules.get(class_, rules.get("*") if class_ != "special" else None)
    if rule is None or ask.action not in {"reveal", "package"} or not ask.reason:
        return False
    listed = rule["reason"] == "required" or _plain(ask.reason) in [_plain(word) for word in rule["reason"]]
    age = ask.facts.step_up_age_s
    return listed and age is not None and age <= SECONDS[rule["step_up"]]


def _may_package(policy: dict[str, Any], ask: Ask) -> bool:
    for name in ask.actor.roles:
        role = policy["roles"].get(name, {})
        if "request.*" in role.get("may", ()) and "requests" in role.get("for", ()) and ask.purpose == "requests":
            return _trained(role, ask) and _revealed(role, ask, "contact")
    return False


def _grade(role: dict[str, Any], ask: Ask, class_: str) -> str:
    if ask.purpose not in role.get("for", ()) or not _trained(role, ask):
        return "shut"
    if ask.action in {"check", "change"}:
        return "open" if class_ in role.get(ask.action, ()) else "shut"
    see = role.get("see", {})
    seen = see.get(class_, see.get("*") if class_ != "special" else None)
    if ask.action == "count":
        return "open" if seen else "shut"
    if ask.mode == "full" and (seen == "full" or _revealed(role, ask, class_)):
        return "open"
    return "masked" if seen in {"masked", "full"} else "shut"


def _plain(reason: str) -> str:
    return re.sub(r"[^a-z0-9]", "-", reason.partition(":")[0].strip().casefold())
