"""What a role gives and under which guards, and how an ask is decided (section 7), over the plain document."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any, NamedTuple

from msgspec.structs import replace

from lockhouse.model.decision import Ask, Grant
from tests.policy_oracle.living import ENDING, ERASED, RESTRICTED, shut_because
from tests.policy_oracle.words import CLASSES, SECONDS, bases_that_count, plain, refusable, said_for

GUARDS = {"step-up": 1, "course-missing": 2, "grant": 4, "reason": 8, "network": 16, "quota": 32}


class Answer(NamedTuple):
    """One field: `open`, `masked` or `shut`, and the codes of why it is not open."""

    state: str
    codes: frozenset[str] = frozenset()


def decide(policy: dict[str, Any], ask: Ask, name: str) -> Answer:
    """The answer for one field asked alone, by the first that applies."""
    if told := _against_all(policy, ask):
        return Answer("shut", frozenset(told))
    if ask.action == "send":
        return _sent(policy, ask, name)
    if ask.action == "package":
        return _packaged(policy, ask, name)
    if (told_ := _not_by_field(policy, ask, name)) is not None:
        return Answer("shut", frozenset({told_}))
    return _graded(policy, ask, name)


def _not_by_field(policy: dict[str, Any], ask: Ask, name: str) -> str | None:
    """What shuts a field before any role is asked what it gives of the class."""
    if name not in policy["fields"]:
        return "undeclared"
    if ask.purpose != "requests" and ask.purpose not in policy["fields"][name]["for"]:
        return "not-for-this-purpose"
    lending = _lending(policy, ask) if _covered(ask, name) else []
    anything = any(gives(role, one) for role in [*_working(policy, ask), *lending] for one in _classes(policy))
    return None if anything else "no-role"


def may_find(policy: dict[str, Any], ask: Ask, name: str) -> bool:
    """Whether people may be found by the field: nothing of a person is asked."""
    field = policy["fields"].get(name)
    if field is None or _apart(policy, ask) or (ask.purpose != "requests" and ask.purpose not in field["for"]):
        return False
    return _graded(policy, replace(ask, action="find", mode="masked"), name).state != "shut"


def _covered(ask: Ask, name: str) -> bool:
    """Whether one grant, by itself, covers the field."""
    return any(_is_for(one, ask, name) and _names(one, ask) for one in ask.facts.grants)


def _is_for(grant: Grant, ask: Ask, name: str) -> bool:
    return grant.purpose == ask.purpose and name in grant.fields


def _names(grant: Grant, ask: Ask) -> bool:
    if grant.persons:
        return ask.facts.persons != frozenset() and all(one in grant.persons for one in ask.facts.persons)
    return not _guarded(ask)


def _guarded(ask: Ask) -> list[str]:
    """Why only some roles count, in all that is looked at but counts."""
    if _wanted(ask) == ["aggregate"]:
        return []
    return [code for code, holds in (("colleague", ask.facts.colleague), ("flagged", ask.facts.flagged)) if holds]


def _lending(policy: dict[str, Any], ask: Ask) -> list[dict[str, Any]]:
    lists = policy.get("separate", {}).get("roles", ())
    return [
        role
        for name, role in policy.get("roles", {}).items()
        if name not in ask.actor.roles
        and ask.purpose in role.get("for", ())
        and not any(name in one and set(ask.actor.roles) & set(one) for one in lists)
    ]


def _heard(policy: dict[str, Any], ask: Ask, name: str) -> list[dict[str, Any]]:
    """Those of the actor's roles that count for a field."""
    if _covered(ask, name):
        return _working(policy, ask)
    may = [f"person.{code}" for code in _guarded(ask)]
    return [
        role for role in _working(policy, ask) if all({one, "person.*"} & set(role.get("may", ())) for one in may)
    ]  # fmt: skip


def gives(role: dict[str, Any], class_: str) -> dict[str, int]:
    """What a role gives of a class, each with its guards as bits."""
    always = 2 * bool(role.get("training")) + 16 * bool(role.get("networks"))
    limits = role.get("limits", {})
    counted = 32 * bool("persons_per_hour" in limits and limits.get("mode", "enforce") == "enforce")
    seen, revealed = said_for(role.get("see", {}), class_), said_for(role.get("reveal", {}), class_)
    found = {}
    if seen is not None:
        found["aggregate"] = always
    if seen in {"masked", "full"}:
        found["masked"] = always + counted
    if seen == "full":
        found["full"] = always + counted
    elif revealed is not None:
        by_reveal = 8 + ("step_up" in revealed) + 4 * (revealed.get("grant") == "required")
        found["full"] = always + counted + by_reveal
    for word in ("check", "change"):
        if class_ in role.get(word, ()):
            found[word] = always + counted
    return found


def table(policy: dict[str, Any]) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    """role, purpose, class, what is given: guards. What gives nothing is left out."""
    classes = CLASSES | set(policy.get("classes", ()))
    return {
        name: {
            purpose: {class_: given for class_ in classes if (given := gives(role, class_))}
            for purpose in role.get("for", ())
        }
        for name, role in policy.get("roles", {}).items()
    }


def _working(policy: dict[str, Any], ask: Ask) -> list[dict[str, Any]]:
    held = (policy.get("roles", {}).get(name, {}) for name in ask.actor.roles)
    return [role for role in held if ask.purpose in role.get("for", ())]


def _apart(policy: dict[str, Any], ask: Ask) -> bool:
    lists = policy.get("separate", {}).get("roles", ())
    return any(len(set(ask.actor.roles) & set(one)) > 1 for one in lists)


def _against_all(policy: dict[str, Any], ask: Ask) -> list[str]:
    """The codes that stand against every field: of the person the first, of the actor all."""
    apart = ["separate-roles"] if _apart(policy, ask) else []
    own = ["own-record"] if ask.facts.own_record and ask.actor.kind != "service" else []
    if ask.purpose not in {"requests", *policy["purposes"]}:
        return ["no-such-purpose", *own, *apart]
    if _sees_nobody(policy, ask):
        return apart
    person = _against_person(policy, ask)
    return [*([person] if person else []), *own, *apart]


def _against_person(policy: dict[str, Any], ask: Ask) -> str | None:
    facts, purpose = ask.facts, policy["purposes"].get(ask.purpose)
    for state, code in ((ERASED, "erased"), (ENDING, "being-erased")):
        if facts.state & state:
            return code
    if purpose is None:
        return None
    if facts.state & RESTRICTED and set(bases_that_count(policy, purpose, facts)) != {"legal_obligation"}:
        return "restricted"
    word = facts.consents.get(ask.purpose)
    return shut_because(policy, ask.purpose, facts, word=word) if refusable(purpose) else None


def _sees_nobody(policy: dict[str, Any], ask: Ask) -> bool:
    """Whether the roles give, guards aside, of no field of the purpose what is wanted."""
    if ask.action in {"send", "package"}:
        return False
    for name, field in policy["fields"].items():
        if ask.purpose not in {*field["for"], "requests"} and ask.purpose != "requests":
            continue
        if any(set(gives(role, field["class"])) & set(_wanted(ask)) for role in _working(policy, ask)):
            return False
        sure = _covered(ask, name) if ask.facts.persons else any(_is_for(one, ask, name) for one in ask.facts.grants)
        wanted = set(_wanted(ask)) & {"full", "masked"}
        if sure and any(set(gives(role, field["class"])) & wanted for role in _lending(policy, ask)):
            return False
    return True


def _classes(policy: dict[str, Any]) -> set[str]:
    return CLASSES | set(policy.get("classes", ()))


def _wanted(ask: Ask) -> list[str]:
    if ask.action in {"check", "change"}:
        return [ask.action]
    if ask.action == "count" or ask.mode == "aggregate":
        return ["aggregate"]
    return ["masked"] if ask.mode == "masked" else ["full", "masked"]


def _graded(policy: dict[str, Any], ask: Ask, name: str) -> Answer:
    """The best that a role gives, and what the role misses that misses least of more."""
    class_, is_covered = policy["fields"][name]["class"], _covered(ask, name)
    roles, wanted = _heard(policy, ask, name), set(_wanted(ask))
    given = set().union(*(gives(role, class_) for role in roles)) & wanted
    if not given and any(wanted & set(gives(role, class_)) for role in _working(policy, ask)):
        return Answer("shut", frozenset(_guarded(ask)))
    missing: list[frozenset[str]] = []
    for mode in _wanted(ask):
        lends = is_covered and mode in {"full", "masked"} and mode not in given
        some = _lending(policy, ask) if lends else roles
        here = [
            _unmet(role, cells[mode], ask, class_, is_covered=is_covered)
            for role in some
            if mode in (cells := gives(role, class_))
        ]
        if frozenset() in here:
            least = min(missing, key=len, default=frozenset({"only-masked"}))
            return Answer("masked", least) if mode == "masked" else Answer("open")
        missing += here
    return Answer("shut", min(missing, key=len, default=frozenset({"class-not-seen"})))


def _unmet(
    role: dict[str, Any], guards: int, ask: Ask, class_: str | None, *, is_covered: bool = False
) -> frozenset[str]:
    facts = ask.facts
    rules = [said_for(role.get("reveal", {}), class_)] if class_ else list(role.get("reveal", {}).values())
    holds = {
        "course-missing": set(role.get("training", ())) <= facts.training,
        "network": facts.network is not None and any(_inside(facts.network, one) for one in role.get("networks", ())),
        "quota": facts.quota_left is not None and facts.quota_left > 0,
        "grant": facts.grant is not None or is_covered,
        "reason": all(_stated(rule, ask) for rule in rules),
        "step-up": all(_fresh(rule, facts.step_up_age_s) for rule in rules),
    }
    return frozenset(code for code, bit in GUARDS.items() if guards & bit and not holds[code])


def _stated(rule: Any, ask: Ask) -> bool:
    if rule is None or ask.action not in {"reveal", "package"} or not (ask.reason or "").strip():
        return False
    return rule["reason"] == "required" or plain(ask.reason or "") in {plain(one) for one in rule["reason"]}


def _fresh(rule: Any, age: int | None) -> bool:
    if rule is None or "step_up" not in rule:
        return True
    number, unit = str(rule["step_up"]).split()
    return age is not None and age <= int(number) * SECONDS[unit.rstrip("s") + "s"]


def _inside(network: str, allowed: str) -> bool:
    try:
        inner, outer = ip_network(network), ip_network(allowed)
    except ValueError:
        return False
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type] # one version


def _sent(policy: dict[str, Any], ask: Ask, name: str) -> Answer:
    recipient, today = policy.get("recipients", {}).get(ask.recipient), ask.facts.today
    if recipient is None:
        return Answer("shut", frozenset({"no-such-recipient"}))
    whole = {
        "not-a-service": ask.actor.kind != "service",
        "not-their-purpose": ask.purpose not in recipient["for"],
        "no-contract": recipient["role"] != "internal" and "contract" not in recipient,
        "review-unknown": "review" in recipient and today is None,
        "review-due": "review" in recipient and today is not None and today > str(recipient["review"]),
    }
    if shut := frozenset(code for code, holds in whole.items() if holds):
        return Answer("shut", shut)
    by_field = {
        "undeclared": name not in policy["fields"],
        "not-theirs": name not in recipient["fields"],
        "not-for-this-purpose": ask.purpose not in policy["fields"].get(name, {}).get("for", ()),
    }
    first = next((code for code, holds in by_field.items() if holds), None)
    return Answer("open") if first is None else Answer("shut", frozenset({first}))


def _packaged(policy: dict[str, Any], ask: Ask, name: str) -> Answer:
    if ask.purpose != "requests":
        return Answer("shut", frozenset({"not-for-this-purpose"}))
    missing = [_missing_of_all(policy, role, ask) for role in _working(policy, ask) if _may_fulfil(role)]
    if not missing:
        return Answer("shut", frozenset({"no-permission"}))
    if all(missing):
        return Answer("shut", missing[-1])
    return Answer("open") if name in policy["fields"] else Answer("shut", frozenset({"undeclared"}))


def _may_fulfil(role: dict[str, Any]) -> bool:
    return bool(set(role.get("may", ())) & {"request.fulfil", "request.*"})


def _missing_of_all(policy: dict[str, Any], role: dict[str, Any], ask: Ask) -> frozenset[str]:
    """What the role misses of its courses, its networks and the guards of all that it gives full."""
    guards = 2 * bool(role.get("training")) + 16 * bool(role.get("networks"))
    for class_ in _classes(policy):
        guards |= gives(role, class_).get("full", 0)
    return _unmet(role, guards, ask, None)
