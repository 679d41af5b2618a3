"""`policy …`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from lockhouse.client import shapes
from lockhouse.errors import Invalid
from lockhouse.faces.cli.commands import policy, policy_matrix, policy_versions
from lockhouse.faces.cli.drafts import draft_named, waiting_told
from lockhouse.faces.cli.remote.told import plain, require_own_role, without
from lockhouse.gates.ending.reach import Reach
from lockhouse.policy.diff import Effects

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def show(*, full: bool = False, call: Call) -> Said:
    """The policy that rules there; whether a draft lies beside it, nobody can see from here."""
    with call.api() as house:
        told = house.policy_show()
    value = plain(told) | {"difference": None, "waiting": _waits(told.waiting)}
    return policy.ruling(value, full=full, call=call)


def history(*, call: Call) -> Said:
    """Every version."""
    with call.api() as house:
        told = house.policy_history()
    return policy_versions.past(
        plain(told)["versions"], _waits(told.waiting), doubted=told.doubted, call=call
    )  # fmt: skip


def matrix(*, role: str | None = None, field: str | None = None, conditions: bool = False, call: Call) -> Said:
    """Who sees what."""
    with call.api() as house:
        told = plain(house.policy_matrix(shapes.MatrixAsked(role=role, field=field)))
    return policy_matrix.sights(without(told, "roles"), roles=told["roles"], field=field, conditions=conditions)


def _waits(told: shapes.PolicyWaits | None) -> str | None:
    return None if told is None else waiting_told(told.version, told.rules_at, stale=told.stale)


def explain(role: str, field: str, purpose: str, /, *, about: policy.About | None = None, call: Call) -> Said:
    """Why a role sees a field so."""
    known = about or policy.About()
    words = [one.partition("=") for one in known.consent]
    asked = shapes.AboutAsked(
        role=role, field=field, purpose=purpose, region=known.region,
        consents={name: _word(word) for name, _, word in words},
    )  # fmt: skip
    with call.api() as house:
        return policy.explained(plain(house.policy_explain(asked)))


def _word(said: str) -> Literal["granted", "denied"]:
    if said == "granted":
        return "granted"
    if said == "denied":
        return "denied"
    raise Invalid("--consent", "PURPOSE=granted or PURPOSE=denied", got="another form")


def diff(file: Path | None = None, /, *, shown: policy.Shown | None = None, call: Call) -> Said:
    """What a draft of this machine would change there.

    Raises:
        Invalid: no draft is named, or two are to be compared, which needs no house.
    """
    how = shown or policy.Shown()
    if how.against is not None:
        raise Invalid("--against", "none with --server: two drafts are compared without a house", got="one")
    with call.api() as house:
        told = house.policy_diff(_draft(file, call))
    value = {"same": told.same, "effects": _effects(told.effects), "against": told.against, "ends": _reach(told.ends)}
    than = policy.than_of(told.against)
    return policy.compared(value, than=than, waiting=_waits(told.waiting), shown=how, call=call)


def propose(file: Path | None = None, /, *, full: bool = False, acting: As | None = None, call: Call) -> Said:
    """Propose a draft of this machine there."""
    require_own_role(acting)
    with call.api() as house:
        told = house.policy_propose(_draft(file, call))
    if not told.changed:
        return policy_versions.already(told.version)
    value = {"version": told.version, "changed": True, "effects": _effects(told.effects), "ends": _reach(told.ends)}
    return policy_versions.proposed(value, full=full, call=call)


def _draft(file: Path | None, call: Call) -> shapes.DraftAsked:
    if file is None:
        raise Invalid("FILE", "a draft on this machine, with --server", got="none", hint="name a file or a folder")
    written = draft_named(call, file)
    return shapes.DraftAsked(files=written.files, folder=(call.cwd / file).is_dir())


def _effects(told: dict[str, Any]) -> Effects:
    return msgspec.convert(told, Effects)


def _reach(told: dict[str, int] | None) -> Reach | None:
    return None if told is None else msgspec.convert(told, Reach)
