"""`lockhouse person change`: what is held of a person is put right on their word, and taken back within thirty days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.faces.cli.acting import Reading, about
from lockhouse.faces.cli.call import Here, Input, person_of
from lockhouse.faces.cli.commands.person import refused
from lockhouse.faces.cli.layout import Said, count, day, plain, when
from lockhouse.faces.cli.people import over
from lockhouse.flows import change as changing

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call
    from lockhouse.flows.change import Changed
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask


async def change(  # noqa: PLR0913  (a command: what is changed, by what, as whom)
    person: str, field: str, source: Input = None, /, *, undo: bool = False, acting: Reading | None = None, call: Here
) -> Said:  # fmt: skip
    """Put right a field of a person, on their word; undone within thirty days.

    The new value is asked for, or read from standard input, and may be written in any way that its type allows. It is
    shown, found and sent from now on in place of what is held; that stays in the records it came with. A newer value
    that the person has proven takes its place by itself. Each try is noted, and is one of the three of that field of
    that person in an hour, as a check is. For example `lockhouse person change 01989f… phone`.

    Args:
        person: an id that `person find` printed.
        field: of the live policy, of a class that the role may change.
        source: `-` reads one line of standard input; a value is refused here.
        undo: take the newest change of the field back; what was held before is shown again.
        acting: role, purpose and reason.
    """
    who = person_of(person)
    async with call.open() as opened:
        house = opened.house
        changing.changeable(house, field)
        ask = await about(house, acting or Reading(), action="change", field=field)
        if undo:
            return await _undone(house, ask, who)
        typed = call.terminal.personal(field, source, example=f"lockhouse person change {person} {field}")
        done = await changing.change(house, ask, who, changing.readable(house, field, typed))
        if done.refused:
            raise refused(done.view, house.live().policy, ask, expected="a field that may be changed")
    return _said(call, person, field, done)


async def _undone(house: House, ask: Ask, person: bytes) -> Said:
    [field] = ask.fields or ()
    ended = await changing.undo(house, ask, person)
    return undone(ended.person.hex(), field, at=ended.at, entry=ended.entry.hex())


def undone(person: str, field: str, *, at: int, entry: str) -> Said:
    """A change that was taken back."""
    text = f"Undone: what was held of {field} before the change of {day(at)} is held again.\nNoted as {entry}."
    return Said({"person": person, "field": field, "undone": True, "entry": entry}, text)


def _said(call: Call, person: str, field: str, done: Changed) -> Said:
    value = {
        "person": person, "field": field, "changed": done.changed, "undo_until": done.undo_until,
        "tries_left": done.tries_left, "entry": plain(done.entry or done.view.entry), "spent": plain(done.view.spent),
    }  # fmt: skip
    return put_right(value, call=call)


def put_right(value: dict[str, Any], *, call: Call) -> Said:
    """What became of a change, as it was told."""
    person, field = value["person"], value["field"]
    lines = [f"That is the {field} that is held already: nothing was changed."]
    if value["changed"]:
        undo = f"Until {when(value['undo_until'])} it can be undone: lockhouse person change {person} {field} --undo"
        lines = [f"Changed: that is the {field} that is held from now on.", call.located(undo)]
    lines.append(f"It may be changed {count(value['tries_left'] or 0, 'more time')} this hour.")
    return Said(value, "\n".join([*lines, *over(value["spent"]), f"Noted as {value['entry']}."]))
