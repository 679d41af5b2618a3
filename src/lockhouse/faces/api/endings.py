"""What ends and what is kept all the same: plans, requests fulfilled, their certificates, and what a hold keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Conflict, Refused
from lockhouse.faces.api import shapes
from lockhouse.faces.api.deeds import require_others
from lockhouse.faces.api.shapes import answered, id_of, plain
from lockhouse.faces.api.words import case_parts
from lockhouse.faces.due import epochs_told, idle_told
from lockhouse.flows import hear, hold, lapse, request, retain
from lockhouse.gates.holds import terms_of
from lockhouse.gates.one_at_a_time import HOUSE

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Call


async def plan(call: Call) -> shapes.RetentionPlan:
    """Which months of collection end when."""
    house = call.house
    found, now = await retain.plan(house), house.clock.now_ms()
    late = await hold.unreviewed(house, now=now)
    due = retain.next_run(found, now=now)
    return answered(shapes.RetentionPlan, epochs=epochs_told(found, now=now), next_run=len(due), holds=len(late))


async def idle(call: Call) -> shapes.IdleList:
    """Whose data is due by their last activity."""
    async with HOUSE.turn():
        return answered(shapes.IdleList, compartments=idle_told(await lapse.plan(call.house)))


async def fulfil(call: Call) -> shapes.CaseFulfilled:
    """The keys of a request whose cooling time has passed are destroyed.

    Raises:
        Conflict: it is called off; nothing was destroyed.
        Refused: its cooling time has not passed, or its run waits for a word.
    """
    found = await request.find_case(call.house, call.id("request"))
    await require_others(call, found.persons, "request")
    done = await request.fulfil(call.house, found, journal=call.desk.journal)
    if done.case.step == "cancelled":
        raise Conflict("request: expected one that nobody calls off, got one whose calling off had begun")
    if done.case.step != "done":
        why = "much" if done.case.is_unmeant else "cooling"
        raise Refused("request: expected one that may be destroyed by now, got one that is shut", reasons=(why,))
    return answered(shapes.CaseFulfilled, **case_parts(done.case), took_ms=done.took_ms)


async def certificate(call: Call) -> shapes.Certificate:
    """The certificate of a fulfilled request."""
    case = await request.find_case(call.house, call.id("request"))
    text = await request.certify(call.house, case, sequencer=call.desk.sequencer)
    return answered(shapes.Certificate, request=case.id, certificate=text.decode(), vkey=call.desk.verifier)


async def held(call: Call) -> shapes.HeldShown:
    """What a hold keeps of a person, for its claim; noted before it is opened."""
    row = await hold.find(call.house, call.id("hold"))
    await require_others(call, terms_of(row).persons, "hold")
    person = id_of(call.body.person, where="person")
    seen = await hold.read(call.house, row.id, person, actor=call.actor, reason=terms_of(row).reason)
    return answered(shapes.HeldShown, **plain(seen))


async def take_words_back(call: Call) -> shapes.WordsTakenBack:
    """What a file said of consent counts no more."""
    own = id_of(call.body.batch, where="batch")
    words = await hear.undo(call.house, own, by=call.actor.id, told=lambda _done: None)
    return answered(shapes.WordsTakenBack, batch=own, words=words)
