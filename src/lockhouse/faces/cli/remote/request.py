"""`request …`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.client import shapes
from lockhouse.errors import Invalid
from lockhouse.faces.cli.call import id_of, person_of
from lockhouse.faces.cli.commands import passed_on, request
from lockhouse.faces.cli.commands.suppression import one_word
from lockhouse.faces.cli.remote.told import plain, require_own_role, without

if TYPE_CHECKING:
    from pathlib import Path

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


def fulfil(case: str, /, *, now: bool = False, yes: bool = False, acting: As | None = None, call: Call) -> Said:
    """Destroy the keys of a request whose cooling time has passed.

    Raises:
        Invalid: it is to be done without waiting, which nobody may from elsewhere.
    """
    require_own_role(acting)
    id_of(case, where="request", hint=request.CASES)
    if now:
        raise Invalid("--now", "the cooling time with --server", got="none of it")
    with call.api() as house:
        known = house.request_show(case)
        if not yes and known.step == "shut":
            call.sure(request.gone(known.persons, known.records or 0), str(known.records or 0), yes=False)
        told = plain(house.request_fulfil(case))
    return request.destroyed(told, before=known.step == "done", call=call)


def certificate(case: str, /, *, to: Path, call: Call) -> Said:
    """Write the certificate of a fulfilled request into a file here."""
    id_of(case, where="request", hint=request.CASES)
    with call.api() as house:
        told = house.request_certificate(case)
    return request.written(case, to, told.certificate.encode(), vkey=told.vkey, call=call)


def cancel(case: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Undo a request that is only shut."""
    require_own_role(acting)
    id_of(case, where="request", hint=request.CASES)
    with call.api() as house:
        told = plain(house.request_cancel(case))
    return request.called_off(without(told, "others"), told["others"], call=call)


def asked(*, call: Call) -> Said:
    """What providers passed on, to be answered by staff."""
    with call.api() as house:
        return passed_on.listed(plain(house.request_asked())["asked"])


def settle(asked: str, /, *, reason: str, acting: As | None = None, call: Call) -> Said:
    """Say that a request that a provider passed on is answered, and how."""
    require_own_role(acting)
    one_word(reason)
    id_of(asked, where="asked", hint=passed_on.ASKED)
    with call.api() as house:
        return passed_on.settled(plain(house.request_settle(asked, shapes.SettleAsked(reason=reason))))
