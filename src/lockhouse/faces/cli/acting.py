"""Who acts, and with which roles: a member who signed in, a service token, or the machine's user in a role.

`gate` settled which, as the house was opened; before anybody has enrolled, and in a demo house, it is the last.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from lockhouse.access.acting import acting
from lockhouse.access.step_up import FRESH_MS
from lockhouse.access.tokens import covers
from lockhouse.errors import Invalid, Refused
from lockhouse.faces.cli.who import now
from lockhouse.flows import token as tokens
from lockhouse.flows.look import ask_of, nothing
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Action, Actor, Ask, Wanted
    from lockhouse.model.policy import Policy

READING = frozenset({"masked", "full"})
_ACTOR = re.compile(r"os-user:[0-9]{1,10}|staff:[0-9a-f]{32}")
_NOTED = re.compile(rf"{_ACTOR.pattern}|os-user|service:[a-z0-9][a-z0-9-]{{0,63}}")
"""Also the house's own workers, and whoever founded it."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class As:
    """The role that is acted in."""

    role: Annotated[str | None, Parameter(name="--as")] = None
    """role of the policy to act in; the first that may, if none is named"""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(As):
    """The role, the purpose and the reason of a look."""

    purpose: Annotated[str | None, Parameter(name="--for")] = None
    """purpose of the look; a role with one purpose need not say it"""
    reason: Annotated[str | None, Parameter(name="--reason")] = None
    """why, as WORD or 'WORD: ticket'; the role lists its words"""


def actor_of(text: str) -> str:
    """About whom something is said: an id, never a name.

    Raises:
        Invalid: it has another form.
    """
    if not _ACTOR.fullmatch(text):
        raise Invalid("actor", "os-user:UID or staff:ID", got="another form")
    return text


def noted_actor(text: str) -> str:
    """Who may stand in the ledger as having done something.

    Raises:
        Invalid: it has another form: no entry could ever name it.
    """
    if not _NOTED.fullmatch(text):
        expected = "os-user:UID, staff:ID or service:NAME (os-user alone founded the house)"
        raise Invalid("--actor", expected, got="another form", hint="lockhouse ledger log names who did what")
    return text


def os_user(house: House, role: str | None = None) -> Actor:
    """The operating system's user, in a role.

    Raises:
        Invalid: the policy has no such role.
        ActingRefused: a role was named, and the house's members act as themselves.
    """
    roles = house.live_policy.policy.roles if house.live_policy else {}
    return acting(os.getuid(), role, roles=roles, is_demo=house.demo, has_staff=now().kind != "free")


def allowed(house: House, permission: str, role: str | None) -> Actor:
    """The actor of a deed that needs a permission such as `policy.approve`.

    A member does it by any of their roles, a token within its terms. Until somebody has enrolled, where the policy
    gives it to no role, or none was ever approved, the operating system's user acts without one: whoever runs the house
    must be able to mend its policy.

    Raises:
        Refused: whoever acts, or the named role, may not do it.
        Invalid: the policy has no such role.
    """
    policy, who = house.live_policy.policy if house.live_policy else None, now()
    own = who.actor
    if own is not None:
        _require(policy, permission, own)
        return own
    if policy is None or who.kind == "machine":
        return os_user(house)
    if role is None:
        return os_user(house, next((name for name in policy.roles if permits(policy, (name,), permission)), None))
    actor = os_user(house, role)
    if not permits(policy, actor.roles, permission):
        may = [name for name in policy.roles if permits(policy, (name,), permission)]
        raise Refused(
            f"{permission}: expected a role that may, got {role}", reasons=("no-permission",),
            hint=f"without --as it is done as {may[0]}" if may else "no role of the policy may: leave --as out",
        )  # fmt: skip
    return actor


def _require(policy: Policy | None, permission: str, own: Actor) -> None:
    """Nothing, where a member's roles, or a token's terms and role, allow it."""
    bearer = now().bearer
    is_given = policy is not None and permits(policy, own.roles, permission)
    if is_given and (bearer is None or covers(bearer.terms.may, permission)):
        return
    may = [name for name in policy.roles if permits(policy, (name,), permission)] if policy is not None else []
    told = f"these may: {', '.join(may)}" if may else "no role may: an admin proposes a policy that gives it to one"
    got = "a token without" if bearer is not None else ", ".join(own.roles) or "none"
    raise Refused(f"{permission}: expected a role that may, got {got}", reasons=("no-permission",), hint=told)


async def asking(house: House, said: Reading, *, action: Action, mode: Wanted = "masked") -> Ask:
    """The question of whoever acts, with what is known of them.

    Raises:
        Invalid: the policy has no such role or purpose, or the role has several purposes and none was named.
    """
    policy = house.live().policy
    purposes = [one.name for one in policy.purposes]
    if said.purpose is not None and said.purpose not in purposes:
        raise Invalid("--for", f"one of {', '.join(purposes)}", got="another word")
    own = now().actor
    extra: dict[str, Any] = {"reason": said.reason, "mode": mode}
    if own is not None:
        return await _own_ask(house, own, action=action, purpose=said.purpose, **extra)
    role = said.role or _reader(policy, said.purpose)
    return await ask_of(house, os_user(house, role), action=action, purpose=said.purpose, **extra)


async def _own_ask(house: House, own: Actor, *, action: Action, purpose: str | None, **extra: Any) -> Ask:
    """The question of a member or a token: what they proved is what they proved here, and nothing that is attested.

    Raises:
        Refused: the token does not name the purpose, or its role sees nobody; that is noted.
    """
    who = now()
    terms = None if who.bearer is None else who.bearer.terms
    if terms is not None and purpose is None and len(terms.purposes) == 1:
        purpose = terms.purposes[0]
    asked = await ask_of(house, own, action=action, purpose=purpose, **extra)
    if who.bearer is not None and terms is not None:
        asked = msgspec.structs.replace(asked, facts=await tokens.facts(house, who.bearer))
        if asked.purpose not in terms.purposes:
            entry = await nothing(house, asked)
            told = f"{action}: expected a purpose that the token names, got another; noted as {entry.hex()}"
            raise Refused(told, reasons=("not-for-this-purpose",))
        return asked
    age_s = None if who.proven_at is None else max(0, house.clock.now_ms() - who.proven_at) // 1000
    facts = msgspec.structs.replace(asked.facts, step_up_age_s=age_s)
    return msgspec.structs.replace(asked, facts=facts, lent="masked", fields=_seen(house, action, age_s))


def _seen(house: House, action: Action, age_s: int | None) -> tuple[str, ...] | None:
    """The fields that a member's look asks for: all, or without a proof of five minutes those that are not special."""
    fields, is_fresh = house.live().policy.fields, age_s is not None and age_s * 1000 < FRESH_MS
    if action == "count" or is_fresh or not any(field.special for field in fields.values()):
        return None
    return tuple(name for name, field in fields.items() if not field.special)


async def about(house: House, said: Reading, *, action: Literal["change", "check"], field: str) -> Ask:
    """The question of whoever acts whether a field is what a caller says, or to put it right.

    Without a role the first that may check, or change, the field for the purpose asks; else the first that sees
    persons.

    Raises:
        Invalid: as of `asking`.
    """
    policy = house.live().policy
    declared = policy.fields.get(field)
    able = [
        role
        for role, purposes in policy.table.items()
        for purpose, classes in purposes.items()
        if said.purpose in {None, purpose} and declared is not None and action in classes.get(declared.class_, {})
    ]
    role = said.role or (None if now().actor is not None else next(iter(able), None))
    ask = await asking(house, replace(said, role=role), action=action, mode="full")
    return msgspec.structs.replace(ask, fields=(field,))


def _reader(policy: Policy, purpose: str | None) -> str:
    """The first role that sees anything of single persons, for this purpose if one was named."""
    seen = _readers(policy)
    for name, purposes in seen.items():
        if purpose in {None, *purposes}:
            return name
    raise Refused("role: expected one that sees persons, got none", reasons=("no-role",), hint=_who_sees(seen))


def blind(policy: Policy, ask: Ask) -> str:
    """Who does see persons, if the role that asks sees nothing of a single one for this purpose; empty if it does."""
    seen, roles = _readers(policy), ask.actor.roles
    if any(ask.purpose in seen.get(role, ()) for role in roles):
        return ""
    if any(one.purpose == ask.purpose for one in ask.facts.grants):  # the gate says of whom
        return ""
    knows = any(ask.purpose in policy.table.get(role, {}) or role in seen for role in roles)
    behind = f" for {ask.purpose}" if knows else ""
    if ask.actor.kind != "os-user":
        names = [f"{role} for {' or '.join(purposes)}" for role, purposes in seen.items()]
        return f"None of your roles sees anything of single persons{behind}. These do: {', '.join(names) or 'none'}."
    return f"The role {roles[0]} sees nothing of single persons{behind}. {_who_sees(seen)}"


def roles_of(ask: Ask) -> str:
    """The roles of whoever asks, in a line."""
    return ", ".join(ask.actor.roles) or "none"


def _readers(policy: Policy) -> dict[str, list[str]]:
    """Each role that sees anything of single persons, and for which purposes, in the policy's order."""
    found = {
        role: [
            purpose
            for purpose, classes in policy.table.get(role, {}).items()
            if any(READING & set(cells) for cells in classes.values())
        ]
        for role in policy.roles
    }
    return {role: purposes for role, purposes in found.items() if purposes}


def _who_sees(seen: dict[str, list[str]]) -> str:
    if not seen:
        return "No role of the policy does."
    told = [f"--as {role} for {' or '.join(purposes)}" for role, purposes in seen.items()]
    return f"These do: {', '.join(told)}."


async def counting(house: House, said: Reading) -> Ask:
    """A question for counts: the first role and purpose that see any, where none was named.

    Raises:
        Refused: no role of the policy sees counts.
        Invalid: the policy has no such role or purpose.
    """
    policy, own = house.live().policy, now().actor
    for role, purposes in policy.table.items():
        for purpose, classes in purposes.items():
            mine = role in own.roles if own is not None else said.role in {None, role}
            wanted = mine and said.purpose in {None, purpose}
            if wanted and any({"aggregate", "full"} & set(cells) for cells in classes.values()):
                how: dict[str, Any] = {"action": "count", "purpose": purpose, "mode": "aggregate"}
                return await (
                    ask_of(house, os_user(house, role), **how) if own is None else _own_ask(house, own, **how)
                )
    if own is not None:
        raise Refused("role: expected one of yours that sees counts, got none", reasons=("no-role",))
    os_user(house, said.role)
    raise Refused("role: expected one that sees counts, got none", reasons=("no-role",), hint="name one with --as ROLE")
