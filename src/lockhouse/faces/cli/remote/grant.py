"""`grant list`, `show` and `end`, asked elsewhere. A token asks for none and approves none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.faces.cli import grants
from lockhouse.faces.cli.call import id_of
from lockhouse.faces.cli.layout import Said
from lockhouse.faces.cli.remote.told import plain, require_own_role, without

if TYPE_CHECKING:
    from lockhouse.client.shapes import GrantShown
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call


def list_(*, acting: As | None = None, call: Call) -> Said:
    """Every grant, the newest first."""
    require_own_role(acting)
    with call.api() as house:
        value = [_value(one) for one in house.grant_list().grants]
    return Said(value, grants.lines(value))


def show(grant: str, /, *, acting: As | None = None, call: Call) -> Said:
    """One grant."""
    require_own_role(acting)
    with call.api() as house:
        value = _value(house.grant_show(_id(grant)))
    return Said(value, grants.page(value))


def end(grant: str, /, *, acting: As | None = None, call: Call) -> Said:
    """End a grant at once."""
    require_own_role(acting)
    with call.api() as house:
        return grants.ended(_value(house.grant_end(_id(grant))))


def _id(text: str) -> str:
    return id_of(text, where="grant", hint=grants.LIST).hex()


def _value(answer: GrantShown) -> dict[str, Any]:
    told = plain(answer)
    return {"grant": told["id"], **without(told, "id")}
