"""`lockhouse policy matrix`: who sees what, and under which conditions that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.errors import NotFound
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said, plain, table
from lockhouse.policy import matrix as matrices

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

Cell = dict[str, Any]
"""A cell, or what turns one, as it is told."""
_SIGHTS = {"value": "value", "mask": "masked", "count": "counts", "nothing": "nothing"}


async def matrix(*, role: str | None = None, field: str | None = None, conditions: bool = False, call: Here) -> Said:
    """Who sees what by the live policy: each role, for each of its purposes, of each class, and what it must bring.

    `masked` is by the mask of each field, `counts` is how many and nobody. What stands behind `+` must hold.

    For example `lockhouse policy matrix --role support` or `lockhouse policy matrix --field email --conditions`.

    Args:
        role: this one alone.
        field: its class alone, for its purposes, with every role.
        conditions: and what would turn each cell, if it alone failed.
    """
    async with call.open() as opened:
        policy = opened.house.live().policy
    _known("--role", role, policy.roles)
    _known("--field", field, policy.fields)
    cells = matrices.matrix(policy, role=role, field=field)
    turns = matrices.conditions(policy, role=role, field=field)
    value = {"cells": [_plain(one) for one in cells], "conditions": [_plain(one) for one in turns]}
    chosen = [name for name in policy.roles if role in {None, name}]
    return sights(value, roles=chosen, field=field, conditions=conditions)


def sights(value: dict[str, Any], *, roles: Sequence[str], field: str | None, conditions: bool) -> Said:
    """The matrix as it was told, of these roles."""
    seeing = {one["role"] for one in value["cells"]}
    blind = [name for name in roles if name not in seeing]
    parts = [_cells(value["cells"], field=field), *([f"Sees nobody: {', '.join(blind)}."] if blind else [])]
    if conditions:
        parts.append(_turns(value["conditions"]))
    return Said(value, "\n\n".join(parts))


def _known(where: str, name: str | None, names: Collection[str]) -> None:
    if name is not None and name not in names:
        raise NotFound(f"{where}: expected one the live policy names, got another", hint="lockhouse policy show --full")


def _plain(one: matrices.Seen | matrices.Turn) -> dict[str, object]:
    value: dict[str, object] = plain(one)
    return {name.removesuffix("_"): part for name, part in value.items()}


def _cells(cells: Sequence[Cell], *, field: str | None) -> str:
    heads = ("role", "purpose", "class", "sees", "by a reveal", "checks", "corrects")
    rows = [
        (
            one["role"], one["purpose"], one["class"], _sight(one, field) + _with(one["guards"]),
            _may(one["reveal"], "value"), _may(one["check"], "yes"), _may(one["change"], "yes"),
        )
        for one in cells
    ]  # fmt: skip
    return table(heads, rows, empty="no role sees anything")


def _sight(one: Cell, field: str | None) -> str:
    mask = one["fields"].get(field or "")
    return f"masked ({mask})" if one["sees"] == "mask" and mask else _SIGHTS[one["sees"]]


def _may(guards: Sequence[str] | None, word: str) -> str:
    return "-" if guards is None else word + _with(guards)


def _with(guards: Sequence[str]) -> str:
    return "".join(f" +{name}" for name in guards)


def _turns(turns: Sequence[Cell]) -> str:
    heads = ("role", "purpose", "class", "at most", "turns to", "with")
    return table(heads, list(_grouped(turns)), empty="no cell that a condition turns")


def _grouped(turns: Sequence[Cell]) -> Iterator[tuple[str, str, str, str, str, str]]:
    """One line for each cell and what it turns to, with all conditions that turn it so."""
    groups: dict[tuple[str, str, str, str, str], list[str]] = {}
    for one in turns:
        key = (one["role"], one["purpose"], one["class"], _SIGHTS[one["sees"]], _SIGHTS[one["becomes"]])
        groups.setdefault(key, []).append(one["condition"])
    for key, said in groups.items():
        yield (*key, ", ".join(said))
