"""Sweep: the worthless rows of an erased person leave the record store, each absence accounted for in the ledger.

What ended the data was its key; this only frees the space. It goes in steps of one commit each under a job's lease,
so that a crash repeats at most one step, and a worker that was stopped and woke up late writes nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import LockhouseError, Tampered
from lockhouse.gates.cases import checked_case, sound_cases
from lockhouse.gates.ending.steps import KINDS, SWEEP, sweep_name, sweep_of
from lockhouse.gates.kept_back import staying
from lockhouse.gates.snapshots import spoilt_by
from lockhouse.ledger.entry import Completion, Gone, deletion_of, parse_entry
from lockhouse.ledger.entry import Intent as IntentEntry
from lockhouse.ledger.record import record_leaf_of
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import (
    Correction,
    Deletion,
    Intent,
    Job,
    KeyRing,
    LedgerEntry,
    Lookup,
    Note,
    Outbox,
    Record,
    Snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.ending import Case
    from lockhouse.gates.holds import Terms
    from lockhouse.gates.house import House
    from lockhouse.ledger.entry import Body
    from lockhouse.model.ports import Leases

CHUNK = 500
"""Records a step: their deletions, their entry and the cursor in one commit of well under 200 ms."""
ROUND = 10_000
"""Jobs looked at in one round, the longest due first; the others wait for the next."""
CAUSE = "erasure"
_PERSON_BYTES = 16
_OPEN_STATES = ((0,), (1,))


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What one round did. `faults` are codes of errors: one a job that was let go, one if a hold does not verify."""

    jobs: int = 0
    records: int = 0
    faults: tuple[str, ...] = ()


async def sweep(house: House, leases: Leases, *, owner: bytes) -> Swept:
    """Every due sweep is carried to its end, or let go to be tried later. What a legal hold keeps is left.

    Args:
        leases: how jobs are claimed.
        owner: 16 bytes, this worker's.
    """
    now = house.clock.now_ms()
    waiting = await house.reads.find(Job, ("state",), _OPEN_STATES, limit=ROUND)
    done, records = 0, 0
    held, is_doubtful = await staying(house)
    faults = [Tampered.code] if is_doubtful else []
    for job in leases.due((job for job in waiting if job.kind == SWEEP), now=now):
        if isinstance(await house.commits.commit(leases.claim(job, owner=owner, now=now)), Conflict):
            continue  # another worker has it
        claimed = leases.claimed(job, owner=owner, now=now)
        try:
            kept_by = held.get(job.cursor[:_PERSON_BYTES], ())
            records += await _carry_out(house, leases, claimed, kept_by=kept_by)
            done += 1
        except LockhouseError as error:
            faults.append(error.code)
            await house.commits.commit(leases.fail(claimed, now=house.clock.now_ms(), fault=error.code))
    return Swept(jobs=done, records=records, faults=tuple(faults))


async def plan_again(house: House) -> int:
    """Every erased person of whom records are left has their sweep, as if just planned; how many were.

    The case, whose MAC is checked, says whose rows are to go: who edits a job, or takes it away, keeps nobody's. A
    sweep that is under way begins anew, and one that was given up is tried again.
    """
    planned = 0
    for case in (await sound_cases(house, also_closed=True))[0]:
        if case.what != "person" or case.step != "done":
            continue
        await asyncio.sleep(0)  # reads keep the process's loop, and others come round in it
        for person in case.persons:
            if await house.reads.find(Record, ("person",), [(person,)], limit=1):
                planned += await _plan(house, person, case.completion)
    return planned


async def _plan(house: House, person: bytes, completion: bytes) -> bool:
    """The person's one sweep stands in place of whatever bore its name; unless that moved meanwhile."""
    old = await house.reads.find(Job, ("dedupe",), [(sweep_name(person),)])
    expects = tuple(
        Expect(Job.TABLE, (job.id,), {"fence": job.fence, "state": job.state}, or_absent=False, because="job-moved")
        for job in old
    )  # fmt: skip
    deletes = tuple(Delete(Job.TABLE, (job.id,)) for job in old)
    put = Put(Job.TABLE, sweep_of(house, person, completion))
    answer = await house.commits.commit(Change("record", puts=(put,), deletes=deletes, expects=expects))
    return not isinstance(answer, Conflict)


async def odd_jobs(house: House, states: Collection[int]) -> list[bytes]:
    """Jobs that nobody does, whatever time it is: of a kind or of a state that does not exist."""
    odd: list[bytes] = []
    async for some in house.reads.scan(Job):
        odd += [job.id for job in some if job.kind not in KINDS or job.state not in states]
    return odd


async def _carry_out(house: House, leases: Leases, job: Job, *, kept_by: Sequence[Terms]) -> int:
    """All steps of one job; how many records went. A `Conflict` means that another worker has taken it over.

    Of whom legal holds stand, the records that these reach stay, and who looked at them; `plan_again` comes back.
    """
    person, by = job.cursor[:_PERSON_BYTES], job.cursor[_PERSON_BYTES:]
    case = await _ending_of(house, person, by)
    if not kept_by:
        await _sweep_notes(house, case, person)
    await _sweep_lookups(house, person)
    await _sweep_outbox(house, person)
    await _sweep_snapshots(house, person)
    total, behind = 0, None
    while rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=CHUNK):
        behind = (rows[-1].id,)
        free = [row for row in rows if not any(terms.keeps(row) for terms in kept_by)]
        if not free:
            await asyncio.sleep(0)  # reads keep the process's loop, and others come round in it
            continue
        bare, after = leases.step(job, cursor=job.cursor, now=house.clock.now_ms())
        if isinstance(await house.commits.commit(_with_deletions(house, bare, free, by=by)), Conflict):
            return total
        job, total = after, total + len(free)
    await _sweep_corrections(house, person)
    await house.commits.commit(leases.finish(job))
    return total


async def _ending_of(house: House, person: bytes, by: bytes) -> Case:
    """The ending that the job's completion closed, of this very person: a planted job removes nobody's records.

    Raises:
        Tampered: there is a ring, or no such ending.
    """
    done = await _entry(house, by)
    intent = await _entry(house, bytes.fromhex(done.of)) if isinstance(done, Completion) else None
    rows = {}
    if isinstance(intent, IntentEntry):
        rows = await house.reads.get(Intent, [(bytes.fromhex(intent.case),)])
    for case in (checked_case(house, row) for row in rows.values()):
        ended = case.what == "person" and case.step == "done" and case.completion == by and person in case.persons
        if ended and not await house.reads.get(KeyRing, [(person,)]):
            return case
    raise Tampered("sweep: expected a person who was erased by the entry that the job names")


async def _entry(house: House, entry: bytes) -> Body | None:
    row = (await house.reads.get(LedgerEntry, [(entry,)])).get((entry,))
    return None if row is None else parse_entry(row.body).body


async def _sweep_notes(house: House, case: Case, person: bytes) -> None:
    """Who looked at the person, which lies beside the ledger, ends with them; the entries stay, without a person."""
    intent = await _entry(house, case.entries[case.persons.index(person)])
    if not isinstance(intent, IntentEntry) or intent.ref is None:
        return
    ref = bytes.fromhex(intent.ref)
    while rows := await house.reads.find(Note, ("ref",), [(ref,)], limit=CHUNK):
        deletes = tuple(Delete(Note.TABLE, (row.entry, row.ref)) for row in rows)
        await house.commits.commit(Change("record", deletes=deletes))


async def _sweep_lookups(house: House, person: bytes) -> None:
    """Shared look-ups that still point to the person go first: they lead nowhere, and there is one an order."""
    while rows := await house.reads.find(Lookup, ("person",), [(person,)], limit=CHUNK):
        deletes = tuple(
            Delete(Lookup.TABLE, (row.kind, row.generation, row.tag, row.doubt, row.person)) for row in rows
        )
        await house.commits.commit(Change("identity", deletes=deletes))


async def _sweep_outbox(house: House, person: bytes) -> None:
    """What waits to be sent, or was, names the person; of nobody who has ended anything can be sent."""
    while rows := await house.reads.find(Outbox, ("person",), [(person,)], limit=CHUNK):
        deletes = tuple(Delete(Outbox.TABLE, (row.id,)) for row in rows)
        await house.commits.commit(Change("record", deletes=deletes))


async def _sweep_snapshots(house: House, person: bytes) -> None:
    """What was folded of the person goes first, whatever a hold keeps: it keeps records, and reads these alone."""
    while rows := await house.reads.find(Snapshot, ("person",), [(person,)], limit=CHUNK):
        deletes = tuple(Delete(Snapshot.TABLE, (row.person, row.compartment, row.epoch)) for row in rows)
        await house.commits.commit(Change("record", deletes=deletes))


async def _sweep_corrections(house: House, person: bytes) -> None:
    """What was put right of the person, by whom and when, goes behind the records that it is of."""
    rows = await house.reads.find(Correction, ("person",), [(person,)])
    left = await house.reads.get(Record, [(row.record,) for row in rows])
    gone = tuple(Delete(Correction.TABLE, (row.record,)) for row in rows if (row.record,) not in left)
    if gone:
        await house.commits.commit(Change("record", deletes=gone))


def _with_deletions(house: House, bare: Change, rows: list[Record], *, by: bytes) -> Change:
    """The step with its rows gone, a `Deletion` for each and the entry that covers them.

    The leaf is computed from the row as it stands: if somebody changed the row, it differs from the one that the
    intake committed to, and verification finds it even though the row is gone.
    """
    gone = [Gone(row.id, record_leaf_of(row)) for row in rows]
    entry = house.ids.new()
    said = deletion_of(gone, cause=CAUSE, by=by).draft(id=entry, lane=house.lane)
    kept = tuple(Put(Deletion.TABLE, Deletion(one.record, one.leaf, CAUSE, entry)) for one in gone)
    deletes = (*(Delete(Record.TABLE, (row.id,)) for row in rows), *spoilt_by(rows))
    return msgspec.structs.replace(
        bare, puts=(*kept, *bare.puts), deletes=(*bare.deletes, *deletes), entries=(*bare.entries, said)
    )
