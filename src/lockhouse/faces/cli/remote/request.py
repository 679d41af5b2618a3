"""`request …`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.client import shapes
from lockhouse.faces.cli.call import id_of, person_of
from lockhouse.faces.cli.commands import request
from lockhouse.faces.cli.remote.told import plain, require_own_role, without

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def open_(person: str, /, *, opening: request.Opening | None = None, call: Call) -> Said:
    """Open a request."""
    said = opening or request.Opening()
    require_own_role(said)
    person_of(person)
    asked = shapes.OpenAsked(person=person, compartment=said.compartment, anyway=said.anyway)
    with call.api() as house:
        return request.opened_as(plain(house.request_open(asked)), right=said.right, call=call)


def list_(*, call: Call) -> Said:
    """Every request."""
    with call.api() as house:
        told = plain(house.request_list())
    return request.listed(told["requests"], told["spoilt"])


def show(case: str, /, *, call: Call) -> Said:
    """One request."""
    id_of(case, where="request", hint=request.CASES)
    with call.api() as house:
        return request.whole(plain(house.request_show(case)))


def cancel(case: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Undo a request that is only shut."""
    require_own_role(acting)
    id_of(case, where="request", hint=request.CASES)
    with call.api() as house:
        told = plain(house.request_cancel(case))
    return request.called_off(without(told, "others"), told["others"], call=call)
