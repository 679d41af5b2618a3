"""A data subject's erasure: shut in one commit, destroyed after a cooling time, certified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.ending import Case, Done, begin_person, cancel, carry_on, open_cases
from lockhouse.gates.tree import place_of
from lockhouse.ledger.certificate import Statement, certificate
from lockhouse.model.rows import LedgerEntry

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.ports import Journal, Sequencer

COOLING_MS = 24 * 3_600_000
"""Between shut and destroyed: time to find that the wrong person was erased. GDPR Art. 12(3) gives a month."""


async def open_erasure(
    house: House, person: bytes, *, by: str, journal: Journal, compartment: str | None = None
) -> Done:
    """The person (or one compartment of theirs) is shut in every process; destruction follows after the cooling time.

    Raises:
        NotFound: no such living person.
        Invalid: no such compartment.
    """
    number = 0
    if compartment is not None:
        found = house.live().names.known("compartment", compartment)
        if found is None:
            known = ", ".join(one.name for one in house.live().policy.compartments)
            raise Invalid("compartment", f"one of {known}", got="another")
        number = found
    due = house.clock.now_ms() + COOLING_MS
    case = await begin_person(house, person, by=by, reason="erasure", destroy_at=due, compartment=number)
    return await carry_on(house, case, journal=journal)


async def find_case(house: House, case_id: bytes) -> Case:
    """A case by its id.

    Raises:
        NotFound: there is none.
    """
    for case in await open_cases(house, also_closed=True):
        if case.id == case_id:
            return case
    raise NotFound("request: expected the id of a request", hint="lockhouse request list")


async def fulfil(house: House, case: Case, *, journal: Journal, now: bool = False) -> Done:
    """The keys are destroyed if the cooling time has passed, or `now`; otherwise the case stays shut.

    Raises:
        Moved: the case was cancelled.
    """
    if case.step == "cancelled":
        raise Moved("request: expected one that was not cancelled")
    return await carry_on(house, case, journal=journal, now=now)


async def undo(house: House, case: Case) -> Case:
    """A request that is only shut is cancelled: everything is readable again."""
    return await cancel(house, case)


async def certify(house: House, case: Case, *, sequencer: Sequencer) -> bytes:
    """The certificate of a destroyed case: it verifies with `python -m lockhouse.ledger.verify` and nothing of ours.

    Raises:
        Moved: the case has not been destroyed yet.
    """
    if case.step != "done":
        raise Moved("certificate: expected a request that was fulfilled", hint="lockhouse request fulfil")
    checkpoint = await sequencer.seal_ledger()
    entry = (await house.reads.get(LedgerEntry, [(case.completion,)]))[(case.completion,)]
    statement = msgspec.json.decode(case.statement, type=Statement)
    place = await place_of(house, entry, checkpoint.text)
    return certificate(statement, salt=case.salt, entry=entry.body, place=place)
