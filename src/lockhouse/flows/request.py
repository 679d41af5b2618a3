"""A data subject's erasure: shut in one commit, destroyed after a cooling time, certified."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from lockhouse.detection.burst import ERASURES, is_burst
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, NotFound, Refused, Tampered, Unavailable
from lockhouse.gates.cases import LAPSE, case_of, cases_since, moved, sound_cases, step
from lockhouse.gates.disclose.group import circles_of
from lockhouse.gates.ending import Case, Done, begin_person, cancel, carry_on, shut_at_once
from lockhouse.gates.ending.person import require_unasked
from lockhouse.gates.tree import place_of
from lockhouse.gates.trusted_time import ledger_now
from lockhouse.ledger.certificate import Statement, certificate
from lockhouse.ledger.entry import Intent, parse_entry
from lockhouse.model.rows import LedgerEntry
from lockhouse.rights.erasure import destroy_at

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.ports import Journal, Sequencer

TRIES = 5
_ASKED = "erasure"
"""The reason of what a person asked for; all else that ends somebody the house began of its own."""


async def open_erasure(
    house: House, person: bytes, *, by: str, compartment: str | None = None, anyway: bool = False
) -> Done:
    """The person (or one compartment of theirs) is shut in every process; destruction follows after the cooling time.

    Whoever was cut off before it was shut asks the same again, and that request is carried on. Of several who ask at
    the same moment one shuts it, and the others hear what is heard afterwards. A clock in doubt does not hold it up:
    nothing is destroyed by it, and what was shut can be put back.

    Raises:
        NotFound: no such living person.
        Moved: a request of the same is open; its hint names it. Or what is to end keeps moving.
        Invalid: no such compartment.
        Refused: more erasures in the last hour than a person is likely to have wanted (`burst`).
        Unavailable: something is silent; its hint names the request, if there is one already.
    """
    number = 0
    if compartment is not None:
        found = house.live().names.known("compartment", compartment)
        if found is None:
            known = ", ".join(one.name for one in house.live().policy.compartments)
            raise Invalid("compartment", f"one of {known}", got="another")
        number = found
    case = await _cut_off(house, person, by=by, compartment=number)
    if case is None:
        case = await _begin(house, person, by=by, compartment=number, anyway=anyway)
    try:
        return await _shut(house, case, person)
    except Unavailable as wrong:  # the intent is durable: whoever asked must be able to name it
        wrong.hint = f"the request stands, and a house that serves shuts it: lockhouse request show {case.id.hex()}"
        raise


async def _shut(house: House, case: Case, person: bytes) -> Done:
    """The case is shut, though others who ask the same may carry it on beside us.

    Raises:
        NotFound, Moved: as whoever asks now is answered, if it was shut elsewhere. Or it was called off meanwhile.
    """
    for _ in range(TRIES):
        try:
            return await shut_at_once(house, case)
        except Moved:
            stands = await find_case(house, case.id)
            if stands.step != "begun":
                await require_unasked(house, person, compartment=case.compartment)
            if stands.step != "begun" or stands == case:
                raise
            case = stands
    raise moved()


async def _begin(house: House, person: bytes, *, by: str, compartment: int, anyway: bool) -> Case:
    now = await ledger_now(house)
    lately = [] if anyway else await _requests(house, since=now - ERASURES.window_ms)
    if is_burst([one.asked_at for one in lately], now=now, limit=ERASURES):
        raise Refused(
            f"erasures: expected at most {ERASURES.most} an hour, got more", reasons=("burst",),
            hint="look at lockhouse request list; if they are right, say --anyway",
        )  # fmt: skip
    return await begin_person(
        house, person, by=by, reason=_ASKED, destroy_at=_cooled(house, now), compartment=compartment
    )


async def _cut_off(house: House, person: bytes, *, by: str, compartment: int) -> Case | None:
    """The request for just this that was cut off before it was shut, if there is one; its cooling time begins now.

    The ledger says who asked for it again, in the same commit.

    Raises:
        Moved: others keep carrying it on.
        Tampered: the ledger entry by which it was begun was changed or taken away.
    """
    for _ in range(TRIES):
        case = await _begun(house, person, compartment=compartment)
        if case is None:
            return None
        further = msgspec.structs.replace(case, destroy_at=_cooled(house, await ledger_now(house)))
        entry = (await _intent_of(house, case, by=by)).draft(id=house.ids.new(), lane=house.lane)
        if await step(house, further, was=case, entries=[entry]) is None:
            return further
    raise moved()


async def _intent_of(house: House, case: Case, *, by: str) -> Intent:
    """What the ledger says of a case's beginning, in the name of whoever asks for it again.

    As it stands there and not by the person's ring, which may wait in limbo by now.
    """
    row = (await house.reads.get(LedgerEntry, [(case.entries[0],)])).get((case.entries[0],))
    body = None
    with suppress(Invalid):
        body = None if row is None else parse_entry(row.body).body
    if not isinstance(body, Intent):
        raise Tampered("request: expected the ledger entry of its intent", hint="lockhouse ledger verify")
    return msgspec.structs.replace(body, by=by)


async def _begun(house: House, person: bytes, *, compartment: int) -> Case | None:
    """The open request for just this that is not shut.

    Only if it is of just those who belong together now: whoever came or went since was not asked about.
    """
    for case in (await sound_cases(house))[0]:
        asked = (case.step, case.reason, case.compartment) == ("begun", _ASKED, compartment)
        if not asked or person not in case.persons:
            continue
        [circle] = await circles_of(house, [person])
        if set(case.persons) == set(circle.group):
            return case
    return None


def _cooled(house: House, now: int) -> int:
    return destroy_at(now, cause="request", regulations=house.live().policy.controller.regulations)


async def _requests(house: House, *, since: int) -> list[Case]:
    """Of persons and of compartments: whoever ends all compartments of somebody has ended them.

    What ended by its time nobody asked for.
    """
    return [case for case in await cases_since(house, since) if case.what != "epoch" and case.reason != LAPSE]


async def find_case(house: House, case_id: bytes) -> Case:
    """A case by its id.

    Raises:
        NotFound: there is none.
        Tampered: its intent is not as this house made it.
    """
    case = await case_of(house, case_id)
    if case is None:
        raise NotFound("request: expected the id of a request", hint="lockhouse request list")
    return case


async def fulfil(house: House, case: Case, *, journal: Journal, now: bool = False) -> Done:
    """The keys are destroyed if the cooling time has passed, or `now`; otherwise the case stays shut.

    Raises:
        Moved: the case was cancelled.
        Refused: `now` outside a demo house (`cooling`): erasing the wrong person must be undoable.
    """
    if now and not house.demo:
        raise Refused("request: expected the cooling time, got --now", reasons=("cooling",), hint="a demo house may")
    if case.step == "cancelled":
        raise Moved("request: expected one that was not cancelled")
    return await carry_on(house, case, journal=journal, now=now)


async def undo(house: House, case: Case, *, by: str) -> Case:
    """A request that is only shut is cancelled: what it shut is readable again, and the ledger says who did it."""
    return await cancel(house, case, by=by)


async def still_shut(house: House, case: Case) -> list[Case]:
    """Other requests that keep something of the same persons shut, oldest first."""
    return [one for one in (await sound_cases(house))[0] if one.id != case.id and set(one.persons) & set(case.persons)]


def destroyed_at(case: Case) -> int | None:
    """When the case's keys were destroyed and all of it was done (ms), as its certificate says; None while not."""
    return msgspec.json.decode(case.statement, type=Statement).done_at if case.step == "done" else None


async def certify(house: House, case: Case, *, sequencer: Sequencer) -> bytes:
    """The certificate of a destroyed case: it verifies with `python -m lockhouse.ledger.verify` and nothing of ours.

    Raises:
        Moved: the case has not been destroyed yet.
        Tampered: the ledger was changed, so that what would be certified does not verify.
    """
    if case.step != "done":
        if case.step == "cancelled":
            raise Moved("certificate: expected a request that was fulfilled, got one that was cancelled")
        raise Moved(
            "certificate: expected a request that was fulfilled, got one that is not yet",
            hint=f"lockhouse request fulfil {case.id.hex()}",
        )
    checkpoint = await sequencer.seal_ledger()
    entry = (await house.reads.get(LedgerEntry, [(case.completion,)])).get((case.completion,))
    if entry is None:
        raise Tampered(
            f"ledger entry {case.completion.hex()}: expected the completion of the request",
            hint="lockhouse ledger verify names all that was changed",
        )
    statement = msgspec.json.decode(case.statement, type=Statement)
    place = await place_of(house, entry, checkpoint.text)
    return certificate(statement, salt=case.salt, entry=entry.body, place=place)
