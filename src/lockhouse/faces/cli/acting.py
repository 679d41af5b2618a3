"""Who acts: before staff are enrolled the operating system's user does, in a role, and the ledger says so."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Parameter

from lockhouse.access.acting import acting
from lockhouse.errors import Invalid, Refused
from lockhouse.flows.look import ask_of
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
    """
    roles = house.live_policy.policy.roles if house.live_policy else {}
    return acting(os.getuid(), role, roles=roles, is_demo=house.demo)


def allowed(house: House, permission: str, role: str | None) -> Actor:
    """The actor of a deed that needs a permission such as `policy.approve`.

    Where the policy gives it to no role, or none was ever approved, the operating system's user acts without one:
    whoever runs the house must be able to mend its policy.

    Raises:
        Refused: the named role may not do it.
        Invalid: the policy has no such role.
    """
    policy = house.live_policy.policy if house.live_policy else None
    if policy is None:
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


async def asking(house: House, said: Reading, *, action: Action, mode: Wanted = "masked") -> Ask:
    """The question of the operating system's user, with what is known of them.

    Raises:
        Invalid: the policy has no such role or purpose, or the role has several purposes and none was named.
    """
    policy = house.live().policy
    purposes = [one.name for one in policy.purposes]
    if said.purpose is not None and said.purpose not in purposes:
        raise Invalid("--for", f"one of {', '.join(purposes)}", got="another word")
    role = said.role or _reader(policy, said.purpose)
    extra: dict[str, Any] = {"reason": said.reason, "mode": mode}
    return await ask_of(house, os_user(house, role), action=action, purpose=said.purpose, **extra)


async def about(house: House, said: Reading, *, action: Literal["change", "check"], field: str) -> Ask:
    """The question of the operating system's user whether a field is what a caller says, or to put it right.

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
    role = said.role or next(iter(able), None)
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
    seen, [role, *_] = _readers(policy), ask.actor.roles
    if ask.purpose in seen.get(role, ()):
        return ""
    purpose = ask.purpose if ask.purpose in policy.table.get(role, {}) or role in seen else None
    return f"The role {role} sees nothing of single persons{f' for {purpose}' if purpose else ''}. {_who_sees(seen)}"


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
    policy = house.live().policy
    for role, purposes in policy.table.items():
        for purpose, classes in purposes.items():
            wanted = said.role in {None, role} and said.purpose in {None, purpose}
            if wanted and any({"aggregate", "full"} & set(cells) for cells in classes.values()):
                return await ask_of(house, os_user(house, role), action="count", purpose=purpose, mode="aggregate")
    os_user(house, said.role)
    raise Refused("role: expected one that sees counts, got none", reasons=("no-role",), hint="name one with --as ROLE")
