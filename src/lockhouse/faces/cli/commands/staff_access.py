"""`lockhouse staff access …`: who holds which role, looked through by one and signed off by another."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from lockhouse.access.reviewing import hints, signature
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, id_of, noun
from lockhouse.faces.cli.files import promised
from lockhouse.faces.cli.layout import Said, table, when
from lockhouse.faces.cli.staff import staff_of
from lockhouse.flows import review as flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.access.reviewing import Line
    from lockhouse.flows.review import Shown

APP = noun("access", "Who holds which role: reviewed by one, signed off by another.")
STATES = ("open", "signed", "done")
_COLUMNS = (
    "staff", "role", "given_at", "proposed_by", "given_by", "used_at", "enrolled", "hints", "decision", "by", "outcome",
)  # fmt: skip


@APP.command
async def now(*, acting: As | None = None, call: Here) -> Said:
    """Who holds which role at this moment: since when, by whom, last sign-in. Unused for 90 days, or never enrolled."""
    async with call.open() as opened:
        allowed(opened.house, "staff.list", (acting or As()).role)
        value = _lines(await flow.now(opened.house), opened.house.clock.now_ms())
    return Said(value, _table(value))


@APP.command(name="list")
async def list_(*, acting: As | None = None, call: Here) -> Said:
    """Every review: by whom it was opened and signed off, and how many lines of it end."""
    async with call.open() as opened:
        allowed(opened.house, "staff.list", (acting or As()).role)
        value = [_value(one) for one in await flow.list_of(opened.house)]
    rows = [
        (one["review"], one["state"], when(one["opened_at"]), one["opened_by"], str(len(one["lines"])),
         str(one["undecided"]), str(one["ends"]), one["signed_by"] or "nobody yet")
        for one in value
    ]  # fmt: skip
    heads = ("review", "state", "opened", "by", "lines", "undecided", "end", "signed off by")
    return Said(value, table(heads, rows, empty="no review yet: lockhouse staff access open"))


@APP.command(name="open")
async def open_(*, acting: As | None = None, call: Here) -> Said:
    """Open a review over every role that is held now. Nothing changes by it."""
    async with call.open() as opened:
        by = allowed(opened.house, "staff.role", (acting or As()).role)
        value = _value(await flow.begin(opened.house, by=by.id))
    text = f"Opened: {value['review']}, {len(value['lines'])} lines.\n{_table(value['lines'])}\n"
    return Said(value, text + f"lockhouse staff access decide {value['review']} STAFF ROLE keep")


@APP.command
async def show(review: str, /, *, acting: As | None = None, call: Here) -> Said:
    """One review, line by line.

    Args:
        review: an id that `staff access list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        allowed(opened.house, "staff.list", (acting or As()).role)
        value = _value(await flow.show(opened.house, _review(review)))
    return Said(value, f"{value['state']}\n{_table(value['lines'])}")


@APP.command
async def decide(  # noqa: PLR0913  (a line is a member and a role)
    review: str, staff: str, role: str, decision: Literal["keep", "end"], /, *, acting: As | None = None, call: Here
) -> Said:  # fmt: skip
    """Decide a line: it is to be kept, or to end. Nothing changes until the review is signed off.

    Args:
        review: an id that `staff access list` printed.
        staff: whose role it is.
        role: that they hold.
        decision: keep or end.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "staff.role", (acting or As()).role)
        lines = [(staff_of(staff), role)]
        value = _value(await flow.decide(opened.house, _review(review), lines, decision, by=by.id))
    left = f"{value['undecided']} lines are left" if value["undecided"] else "all lines are decided"
    return Said(value, f"Noted: {decision}; {left}. To undo: decide it anew.")


@APP.command
async def sign(review: str, /, *, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Sign a review off, while fewer than two have ever enrolled; then somebody else does, in the console.

    What is to end, ends at once. A review that is signed and was stopped goes on.

    Args:
        review: an id that `staff access list` printed.
        yes: do not ask.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "staff.approve", (acting or As()).role)
        found = _value(await flow.show(opened.house, _review(review)))
        call.sure(f"{found['ends']} roles will end, and every sign-in of who holds them.", found["review"][:8], yes=yes)
        one = flow.carry_out if found["state"] == "signed" else None
        made = await (one(opened.house, _review(review)) if one else flow.sign(opened.house, _review(review), by=by.id))
        value = _value(made)
    return Said(value, f"Signed off; {value['ends']} were to end.\n{_table(value['lines'])}")


@APP.command
async def export(review: str, file: Path, /, *, acting: As | None = None, call: Here) -> Said:
    """Write a review as evidence: CSV where the file's name ends so, else JSON. It holds ids and no names.

    Args:
        review: an id that `staff access list` printed.
        file: a new one.
        acting: the role.
    """
    with promised(call.cwd / file, where="file") as write:
        async with call.open() as opened:
            allowed(opened.house, "staff.list", (acting or As()).role)
            value = _value(await flow.show(opened.house, _review(review)))
        write(
            [_csv(value) if file.suffix.lower() == ".csv" else msgspec.json.format(msgspec.json.encode(value)) + b"\n"]
        )
    return Said({"review": value["review"], "lines": len(value["lines"])}, f"Written: {len(value['lines'])} lines.")


def _review(text: str) -> bytes:
    return id_of(text, where="review", hint="lockhouse staff access list prints ids")


def _value(one: Shown) -> dict[str, Any]:
    row = one.row
    return {
        "review": row.id.hex(), "state": STATES[row.state], "opened_by": row.opened_by, "opened_at": row.opened_at,
        "signed_by": row.signed_by, "signed_at": row.signed_at or None, "hash": signature(row.id, row.lines),
        "entry": row.entry.hex(), "undecided": sum(not line.decision for line in one.lines),
        "ends": sum(line.decision == "end" for line in one.lines), "lines": _lines(one.lines, row.opened_at),
    }  # fmt: skip


def _lines(lines: Sequence[Line], at: int) -> list[dict[str, Any]]:
    return [
        {name: getattr(one, name) for name in _COLUMNS if name != "hints"} | {"hints": [*hints(one, at=at)]}
        for one in lines
    ]


def _table(lines: Sequence[dict[str, Any]]) -> str:
    rows = [
        (one["staff"], one["role"], when(one["given_at"]), one["given_by"], when(one["used_at"]),
         ", ".join(one["hints"]) or "none", one["outcome"] or one["decision"] or "undecided")
        for one in lines
    ]  # fmt: skip
    return table(
        ("staff", "role", "since", "given by", "signed in", "worth a look", "decision"), rows, empty="no roles"
    )


def _csv(value: dict[str, Any]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    whole = ("review", "state", "opened_by", "opened_at", "signed_by", "signed_at", "hash")
    writer.writerow((*whole, *_COLUMNS))
    for one in value["lines"]:
        own = [" ".join(one[name]) if name == "hints" else one[name] for name in _COLUMNS]
        writer.writerow([*(value[name] for name in whole), *own])
    return out.getvalue().encode()
