"""`lockhouse staff identifier …`: by what members of staff are customers themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, Input, id_of, noun
from lockhouse.faces.cli.layout import Said, table, when
from lockhouse.faces.cli.staff import staff_of
from lockhouse.flows import staff_identifier as flow

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.rows import StaffIdentifier

APP = noun("identifier", "By what somebody is a customer themselves, kept as a keyed hash alone.")


@APP.command
async def add(staff: str, field: str, source: Input = None, /, *, acting: As | None = None, call: Here) -> Said:
    """Say by what somebody who works here is a customer too: they do not look at themselves, nor others at them.

    The value is asked for, hashed, and stands nowhere. Whether a customer has it is not said.

    Args:
        staff: an id that `staff list` printed.
        field: of the policy, that identifies a person, as email.
        source: `-` reads the value from one line of standard input; a value is refused here.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, flow.MAY, (acting or As()).role)
        typed = call.terminal.personal(field, source, example=f"lockhouse staff identifier add {staff} {field}")
        row = await flow.add(opened.house, staff_of(staff), field, typed, by=by.id)
        value = _told(opened.house, row)
    undo = f"lockhouse staff identifier end {value['staff']} {value['identifier']}"
    return Said(value, f"Added: {value['identifier']}, noted as {value['entry']}. To undo: {undo}")


@APP.command
async def end(staff: str, identifier: str, /, *, acting: As | None = None, call: Here) -> Said:
    """End one: their own record is a stranger's again. Nobody ends their own.

    Args:
        staff: an id that `staff list` printed.
        identifier: an id that `staff identifier list` printed.
        acting: the role.
    """
    own = id_of(identifier, where="identifier", hint="lockhouse staff identifier list prints ids")
    async with call.open() as opened:
        by = allowed(opened.house, flow.MAY, (acting or As()).role)
        value = _told(opened.house, await flow.end(opened.house, staff_of(staff), own, by=by.id))
    return Said(value, f"Ended: {value['identifier']}. Again: lockhouse staff identifier add {value['staff']} FIELD")


@APP.command(name="list")
async def list_(staff: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Of which kinds somebody's identifiers are, and since when; never their values, which stand nowhere.

    Args:
        staff: an id that `staff list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        allowed(opened.house, flow.MAY, (acting or As()).role)
        value = [_told(opened.house, row) for row in await flow.of(opened.house, staff_of(staff))]
    rows = [(one["identifier"], one["field"], one["state"], when(one["at"]), one["by"]) for one in value]
    return Said(value, table(("identifier", "field", "state", "since", "by"), rows, empty="none was said"))


def _told(house: House, row: StaffIdentifier) -> dict[str, Any]:
    return {
        "staff": row.staff.hex(), "identifier": row.id.hex(), "field": flow.field_of(house, row),
        "state": "live" if row.state else "ended", "at": row.at, "by": row.by, "entry": row.entry.hex(),
    }  # fmt: skip
