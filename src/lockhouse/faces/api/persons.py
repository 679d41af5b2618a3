"""Persons: every look passes the disclose gate in the token's role, and is noted before it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.errors import Invalid, Refused
from lockhouse.faces.api import shapes
from lockhouse.faces.api.cursors import reopened, signed
from lockhouse.faces.api.route import Call
from lockhouse.faces.api.shapes import answered, plain, states
from lockhouse.flows import change as changing
from lockhouse.flows import look
from lockhouse.gates.customers import customer_of
from lockhouse.gates.disclose import Records
from lockhouse.gates.disclose.decided import with_facts
from lockhouse.gates.facts import merge_facts
from lockhouse.gates.regions import region_of
from lockhouse.model.decision import PersonFacts
from lockhouse.model.scale import PersonState
from lockhouse.policy.explain import explain_known
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from lockhouse.gates.disclose import View
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask


async def find(call: Call) -> shapes.PersonsFound:
    """People by an identifier or a look-up."""
    asked: shapes.FindAsked = call.body
    ask = await call.ask(purpose=asked.purpose)
    found = await look.find(call.house, ask, by=asked.by, value=asked.value)
    persons = [_person_parts(view) for view in found.persons if not view.refused]
    return answered(shapes.PersonsFound, persons=persons, more=found.more)


async def show(call: Call) -> shapes.PersonShown:
    """One person, masked."""
    ask = await call.ask(purpose=call.query.purpose)
    return _person(await look.show(call.house, ask, call.id("person")))


async def reveal(call: Call) -> shapes.PersonShown:
    """The same, unmasked as far as the role, the reason and what is known of the owner allow."""
    ask = await call.ask(purpose=call.body.purpose, mode="full", reason=call.body.reason)
    return _person(await look.reveal(call.house, ask, call.id("person")))


async def timeline(call: Call) -> shapes.TimelineShown:
    """A person's records, a page at a time."""
    asked: shapes.TimelineAsked = call.query
    person = call.id("person")
    before = None if asked.cursor is None else reopened(call, asked.cursor, about=person)
    ask = await call.ask(purpose=asked.purpose)
    view = _shown(await look.show(call.house, ask, person, records=Records(before=before, limit=asked.limit)))
    onward = signed(call, view.timeline[0].id, about=person) if view.truncated and view.timeline else None
    records = [_record_parts(one) for one in view.timeline]
    return answered(
        shapes.TimelineShown, person=view.person, entry=view.entry, timeline=records, total=view.total, next=onward
    )


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
        undo_until=done.undo_until, tries_left=done.tries_left or 0,
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


def _record_parts(one: Any) -> dict[str, Any]:
    told: dict[str, Any] = plain(one)
    return {name: told[name] for name in shapes.RecordShown.__struct_fields__}


async def explain(call: Call) -> shapes.ExplainShown:
    """Why a field is open, masked or shut; the look is noted."""
    house, field, person = call.house, call.path["field"], call.id("person")
    policy = house.live().policy
    if field not in policy.fields:
        raise Invalid("field", "one of the live policy", got="another")
    ask = await call.ask(purpose=call.query.purpose)
    if ask.purpose not in {one.name for one in policy.purposes}:
        raise Invalid("purpose", "one of the live policy", got="another")
    view = _shown(await look.show(house, msgspec.structs.replace(ask, fields=(field,)), person))
    facts = await _facts_about(house, view)
    lines = explain_known(policy, role=ask.actor.roles[0], field=field, purpose=ask.purpose, person=facts)
    return answered(shapes.ExplainShown, person=view.person, field=field, entry=view.entry, because=lines)


async def _facts_about(house: House, view: View) -> PersonFacts:
    """What stands about a person, joined as the gate joins it: of several source persons the narrowest word counts."""
    known = {person: one for group in await with_facts(house, view.persons) for person, one in group.items()}
    found = [known[person] for person in view.persons if person in known]
    consents, objected, _ = merge_facts(found)
    region, regions = region_of(found)
    return PersonFacts(
        region=region, regions=regions, consents=consents, state=PersonState(view.state), objected=objected,
        customer=customer_of(house.live(), found, now=house.clock.now_ms()),
    )  # fmt: skip


def _person(view: View) -> shapes.PersonShown:
    return answered(shapes.PersonShown, **_person_parts(_shown(view)))


def _shown(view: View) -> View:
    """The view.

    Raises:
        Refused: nothing of the person may be seen; the refusal is noted.
    """
    if view.refused:
        told = f"person: expected something that may be shown, got nothing; noted as {view.entry.hex()}"
        raise Refused(told, reasons=view.refused, hint=" ".join(SENTENCES.get(code, code) for code in view.refused))
    return view


def _person_parts(view: View) -> dict[str, Any]:
    told: dict[str, Any] = plain(view) | {"state": states(view.state)}
    return {name: told[name] for name in shapes.PersonShown.__struct_fields__}
