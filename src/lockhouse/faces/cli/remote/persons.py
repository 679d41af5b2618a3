"""`person find`, `show`, `timeline`, `reveal`, `check`, `change` and `explain`, asked elsewhere.

A value is asked for at the terminal, and goes in a body. What the house answers is shown as it is on its own machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.client import shapes
from lockhouse.errors import Invalid
from lockhouse.faces.cli.call import person_of
from lockhouse.faces.cli.commands import person_change
from lockhouse.faces.cli.commands.person import Page
from lockhouse.faces.cli.people import Told, look_of
from lockhouse.faces.cli.remote.told import plain, require_own_role, without
from lockhouse.faces.cli.told import Joined, Opened, compared, found_of, pages, revealed, whole, why_so
from lockhouse.flows.link import Joint
from lockhouse.gates.disclose import View
from lockhouse.gates.disclose.hour import Spent
from lockhouse.gates.disclose.view import FieldView, Moment, RecordView, ShutBoxes
from lockhouse.model.scale import Assurance, PersonState, Proof
from lockhouse.policy.words import NAME
from lockhouse.wiring import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhouse.faces.cli.acting import Reading
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def find(kind: str, source: str | None = None, /, *, acting: Reading | None = None, call: Call) -> Said:
    """Find people by an identifier or a look-up."""
    _no_reason(acting)
    value = call.terminal.personal(kind, source, example="lockhouse person find KIND")
    with call.api() as house:
        found = house.person_find(shapes.FindAsked(by=kind, value=value, purpose=_purpose(acting)))
    return found_of([(_view(one), _told(one)) for one in found.persons], more=found.more, call=call)


def show(person: str, /, *, acting: Reading | None = None, call: Call) -> Said:
    """One person as the token's role may see them."""
    _no_reason(acting)
    with call.api() as house:
        shown = house.person_show(person_of(person).hex(), shapes.LookAsked(purpose=_purpose(acting)))
    return _whole(shown, _told(shown), call=call)


def reveal(person: str, field: str | None = None, /, *, acting: Reading | None = None, call: Call) -> Said:
    """The same, or one field alone, unmasked as far as role, reason and standing allow."""
    require_own_role(acting)
    reason = acting.reason if acting else None
    asked = shapes.RevealAsked(purpose=_purpose(acting), reason=reason, field=field)
    with call.api() as house:
        shown = house.person_reveal(person_of(person).hex(), asked)
    said = _whole(shown, _told(shown, reason), call=call)
    return revealed(said, _view(shown), Opened(shown.grace, shown.owner, reason), call=call)


def timeline(person: str, /, *, page: Page | None = None, acting: Reading | None = None, call: Call) -> Said:
    """A person's records in order, a page at a time."""
    _no_reason(acting)
    which = (page or Page()).records()
    asked = shapes.TimelineAsked(
        purpose=_purpose(acting), limit=which.limit, before=which.before.hex() if which.before else None,
        after=which.after.hex() if which.after else None,
    )  # fmt: skip
    with call.api() as house:
        shown = house.person_timeline(person_of(person).hex(), asked)
    view = msgspec.structs.replace(_view(shown), timeline=tuple(_record(one) for one in shown.timeline))
    return pages(view, _told(shown, records=shown.timeline), which, call=call)


def check(
    person: str, field: str, source: str | None = None, /, *, acting: Reading | None = None, call: Call
) -> Said:  # fmt: skip
    """Whether a field is what a caller says."""
    _no_reason(acting)
    who = person_of(person).hex()
    value = call.terminal.personal(field, source, example=f"lockhouse person check {person} {field}")
    with call.api() as house:
        told = house.person_check(who, shapes.CheckAsked(field=field, value=value, purpose=_purpose(acting)))
    return compared(plain(told))


def change(  # noqa: PLR0913  (as the command)
    person: str, field: str, source: str | None = None, /, *, undo: bool = False, acting: Reading | None = None,
    call: Call,
) -> Said:  # fmt: skip
    """Put right a field of a person, on their word, or take that back."""
    require_own_role(acting)
    who, purpose = person_of(person).hex(), _purpose(acting)
    if undo:
        with call.api() as house:
            told = house.person_change_undo(who, shapes.UndoAsked(field=field, purpose=purpose))
        return person_change.undone(told.person, field, at=told.at, entry=told.entry)
    value = call.terminal.personal(field, source, example=f"lockhouse person change {person} {field}")
    asked = shapes.ChangeAsked(field=field, value=value, purpose=purpose, reason=acting.reason if acting else None)
    with call.api() as house:
        return person_change.put_right(plain(house.person_change(who, asked)), call=call)


def explain(person: str, field: str, /, *, acting: Reading | None = None, call: Call) -> Said:
    """Why a field of a person is open, masked or hidden."""
    _no_reason(acting)
    if not NAME.match(
        field
    ):  # it stands in an address: what cannot be a field's name, as an e-mail address, never does
        raise Invalid("field", "one of the live policy", got="another", hint="lockhouse policy show --full")
    with call.api() as house:
        asked = shapes.LookAsked(purpose=_purpose(acting))
        told = plain(house.person_explain(person_of(person).hex(), field, asked))
    return why_so(without(told, "entry"), call=call)


def _purpose(acting: Reading | None) -> str | None:
    return acting.purpose if acting else None


def _no_reason(acting: Reading | None) -> None:
    """Raises Invalid where a reason is named that the API takes for no masked look."""
    require_own_role(acting)
    if acting is not None and acting.reason is not None:
        raise Invalid("--reason", "no reason with --server, as this look opens nothing", got="one")


def _whole(shown: shapes.PersonShown, told: Told, *, call: Call) -> Said:
    links = Joined([_joint(one) for one in shown.links], [_joint(one) for one in shown.held_apart])
    return whole(_view(shown), told, links, now=(call.clock or SystemClock()).now_ms(), call=call)


def _told(
    shown: shapes.PersonShown, reason: str | None = None, *, records: Iterable[shapes.RecordShown] = ()
) -> Told:  # fmt: skip
    fields = [*shown.fields.items(), *(pair for one in records for pair in one.fields.items())]
    why = {(name, tuple(one.because)): one.told for name, one in fields if one.told}
    return Told(look_of((shown.role,), shown.purpose, reason), why, [])


def _view(shown: shapes.PersonShown) -> View:
    """What was answered, as the house had it."""
    state = PersonState(0)
    for word in shown.state:
        state |= PersonState[word.upper()]
    return View(
        person=bytes.fromhex(shown.person), persons=tuple(bytes.fromhex(one) for one in shown.persons),
        state=int(state), entry=bytes.fromhex(shown.entry), fields=_fields(shown.fields), channels=shown.channels,
        records=shown.records, total=shown.total, truncated=shown.truncated, first_at=shown.first_at,
        last_at=shown.last_at, former=shown.former, marks=tuple(shown.marks), grants=tuple(shown.grants),
        moments=tuple(Moment(**plain(one)) for one in shown.moments), ended=shown.ended, shut=_shut(shown.shut),
        spoilt=shown.spoilt,
        spent=None if shown.spent is None else Spent(**plain(shown.spent)),
    )  # fmt: skip


def _record(one: shapes.RecordShown) -> RecordView:
    return RecordView(
        id=bytes.fromhex(one.id), person=bytes.fromhex(one.person), event=one.event, channel=one.channel,
        occurred_at=one.occurred_at, received_at=one.received_at, assurance=int(Assurance[one.assurance.upper()]),
        proof=int(Proof[one.proof.upper()]), fields=_fields(one.fields), ended=one.ended, shut=_shut(one.shut),
    )  # fmt: skip


def _fields(told: Mapping[str, shapes.FieldShown]) -> dict[str, FieldView]:
    return {name: _field(plain(one)) for name, one in told.items()}


def _field(told: dict[str, Any]) -> FieldView:
    proof, person = told["proof"], told["person"]
    parts = without(told, "told") | {
        "because": tuple(told["because"]), "conditions": tuple(told["conditions"]),
        "proof": None if proof is None else int(Proof[proof.upper()]),
        "person": None if person is None else bytes.fromhex(person),
    }  # fmt: skip
    return FieldView(**parts)


def _shut(told: Iterable[shapes.ShutShown]) -> tuple[ShutBoxes, ...]:
    return tuple(
        ShutBoxes(request=bytes.fromhex(one.request), destroy_at=one.destroy_at, boxes=one.boxes) for one in told
    )


def _joint(one: shapes.JointShown) -> Joint:
    return Joint(
        one=bytes.fromhex(one.one), other=bytes.fromhex(one.other), proof=int(Proof[one.proof.upper()]), since=one.since
    )
