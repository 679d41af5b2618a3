"""Persons: every look passes the disclose gate in the token's role, and is noted before it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lockhouse.errors import Invalid, Refused
from lockhouse.faces.api import shapes
from lockhouse.faces.api.cursors import reopened, signed
from lockhouse.faces.api.route import Call
from lockhouse.faces.api.shapes import answered, id_of, plain, states
from lockhouse.faces.explained import explained, require_field
from lockhouse.faces.masks import because
from lockhouse.flows import change as changing
from lockhouse.flows import check as checking
from lockhouse.flows import link, look
from lockhouse.gates.disclose import Records
from lockhouse.gates.facts import courses_by_grace
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from lockhouse.gates.disclose import View
    from lockhouse.gates.disclose.view import RecordView
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Policy


async def find(call: Call) -> shapes.PersonsFound:
    """People by an identifier or a look-up."""
    asked: shapes.FindAsked = call.body
    ask = await call.ask(purpose=asked.purpose)
    found = await look.find(call.house, ask, by=asked.by, value=asked.value)
    policy = call.house.live().policy
    persons = [_person_parts(view, policy, ask) for view in found.persons if not view.refused]
    return answered(shapes.PersonsFound, persons=persons, more=found.more)


async def show(call: Call) -> shapes.PersonShown:
    """One person, masked."""
    ask = await call.ask(purpose=call.query.purpose)
    return await _person(call.house, await look.show(call.house, ask, call.id("person")), ask)


async def reveal(call: Call) -> shapes.PersonShown:
    """The same, unmasked as far as the role, the reason and what is known of the owner allow."""
    ask = await call.ask(purpose=call.body.purpose, mode="full", reason=call.body.reason)
    if call.body.field is not None:
        require_field(call.house, call.body.field)
        ask = msgspec.structs.replace(ask, fields=(call.body.field,))
    shown = await _person(call.house, await look.reveal(call.house, ask, call.id("person")), ask)
    return msgspec.structs.replace(shown, grace=await courses_by_grace(call.house, ask.actor))


async def timeline(call: Call) -> shapes.TimelineShown:
    """A person's records, a page at a time.

    Raises:
        Invalid: two ends of a page are named.
    """
    asked: shapes.TimelineAsked = call.query
    person = call.id("person")
    if sum(one is not None for one in (asked.cursor, asked.before, asked.after)) > 1:
        raise Invalid("page", "one of cursor, before and after", got="several")
    before = None if asked.before is None else id_of(asked.before, where="before")
    before = before if asked.cursor is None else reopened(call, asked.cursor, about=person)
    which = Records(
        before=before, after=None if asked.after is None else id_of(asked.after, where="after"), limit=asked.limit
    )
    ask = await call.ask(purpose=asked.purpose)
    view = _shown(await look.show(call.house, ask, person, records=which))
    goes_on = view.truncated and view.timeline and which.after is None
    onward = signed(call, view.timeline[0].id, about=person) if goes_on else None
    why = Sentences(call.house.live().policy, ask, view.person.hex())
    records = [_record_parts(one, why) for one in view.timeline]
    parts = _person_parts(view, why.policy, ask)
    return answered(shapes.TimelineShown, **parts | {"timeline": records, "next": onward})


async def change(call: Call) -> shapes.Changed:
    """A field of a person is put right, on their word."""
    house, person, asked = call.house, call.id("person"), call.body
    changing.changeable(house, asked.field)
    value = changing.readable(house, asked.field, asked.value)
    done = await changing.change(house, await _to_change(call, reason=asked.reason), person, value)
    if done.refused:
        _shown(done.view)
    return answered(
        shapes.Changed, person=person, field=asked.field, changed=done.changed, entry=done.entry or done.view.entry,
        undo_until=done.undo_until, tries_left=done.tries_left or 0, spent=done.view.spent,
    )  # fmt: skip


async def check(call: Call) -> shapes.Checked:
    """Whether a field is what somebody says.

    Raises:
        Refused: it may not be checked, or not again within the hour; that is noted.
    """
    house, asked = call.house, call.body
    checking.checkable(house, asked.field)
    said = checking.readable(house, asked.field, asked.value)
    ask = await call.ask(purpose=asked.purpose, mode="full")
    seen = await checking.check(
        house, msgspec.structs.replace(ask, fields=(asked.field,)), call.id("person"), said
    )  # fmt: skip
    if seen.matches is None:
        codes = seen.view.refused or tuple(sorted({code for one in seen.view.fields.values() for code in one.because}))
        _shown(msgspec.structs.replace(seen.view, refused=codes))
    return answered(
        shapes.Checked, person=call.id("person"), field=asked.field, matches=seen.matches,
        tries_left=seen.view.tries_left or 0, entry=seen.view.entry, spent=seen.view.spent,
    )  # fmt: skip


async def undo(call: Call) -> shapes.ChangeUndone:
    """The newest change of a field is taken back."""
    changing.changeable(call.house, call.body.field)
    ended = await changing.undo(call.house, await _to_change(call), call.id("person"))
    return answered(
        shapes.ChangeUndone, person=ended.person, field=call.body.field, at=ended.at, entry=ended.entry
    )  # fmt: skip


async def _to_change(call: Call, *, reason: str | None = None) -> Ask:
    ask = await call.ask(purpose=call.body.purpose, mode="full", reason=reason)
    return msgspec.structs.replace(ask, fields=(call.body.field,))


class Sentences(NamedTuple):
    """Why fields of a person are not open in a look."""

    policy: Policy
    ask: Ask
    person: str

    def of(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields, each with its sentences."""
        return {name: one | {"told": self._told(name, one)} for name, one in fields.items()}

    def _told(self, name: str, one: dict[str, Any]) -> str:
        if one["state"] == "open" or not one["because"]:
            return ""
        return because(self.policy, self.ask, name, tuple(one["because"]), person=self.person)


def _record_parts(one: RecordView, why: Sentences) -> dict[str, Any]:
    told: dict[str, Any] = plain(one)
    told["fields"] = why.of(told["fields"])
    return {name: told[name] for name in shapes.RecordShown.__struct_fields__}


async def explain(call: Call) -> shapes.ExplainShown:
    """Why a field is open, masked or shut; the look is noted."""
    house, field, person = call.house, call.path["field"], call.id("person")
    require_field(house, field)
    ask = await call.ask(purpose=call.query.purpose)
    if ask.purpose not in {one.name for one in house.live().policy.purposes}:
        raise Invalid("purpose", "one of the live policy", got="another")
    view = _shown(await look.show(house, msgspec.structs.replace(ask, fields=(field,)), person))
    lines = await explained(house, ask, view, field=field)
    return answered(shapes.ExplainShown, person=view.person, field=field, entry=view.entry, because=lines)


async def _person(house: House, view: View, ask: Ask) -> shapes.PersonShown:
    parts = _person_parts(_shown(view), house.live().policy, ask)
    parts |= {"links": await link.joints(house, view.persons), "held_apart": await link.held_apart(house, view.persons)}
    return answered(shapes.PersonShown, **parts)


def _shown(view: View) -> View:
    """The view.

    Raises:
        Refused: nothing of the person may be seen; the refusal is noted.
    """
    if view.refused:
        told = f"person: expected something that may be shown, got nothing; noted as {view.entry.hex()}"
        raise Refused(told, reasons=view.refused, hint=" ".join(SENTENCES.get(code, code) for code in view.refused))
    return view


def _person_parts(view: View, policy: Policy, ask: Ask) -> dict[str, Any]:
    told: dict[str, Any] = plain(view) | {"state": states(view.state), "purpose": ask.purpose}
    told |= {"role": ask.actor.roles[0] if ask.actor.roles else "", "owner": ask.actor.owner}
    told |= {"links": [], "held_apart": [], "grace": {}}
    told["fields"] = Sentences(policy, ask, view.person.hex()).of(told["fields"])
    return {name: told[name] for name in shapes.PersonShown.__struct_fields__}
