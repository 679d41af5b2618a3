"""`policy …`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.client import shapes
from lockhouse.faces.cli.commands import policy, policy_matrix, policy_versions
from lockhouse.faces.cli.drafts import waiting_told
from lockhouse.faces.cli.remote.told import plain, without

if TYPE_CHECKING:
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
    return policy_versions.past(plain(told)["versions"], _waits(told.waiting), call=call)


def matrix(*, role: str | None = None, field: str | None = None, conditions: bool = False, call: Call) -> Said:
    """Who sees what."""
    with call.api() as house:
        told = plain(house.policy_matrix(shapes.MatrixAsked(role=role, field=field)))
    return policy_matrix.sights(without(told, "roles"), roles=told["roles"], field=field, conditions=conditions)


def _waits(told: shapes.PolicyWaits | None) -> str | None:
    return None if told is None else waiting_told(told.version, told.rules_at, stale=told.stale)
