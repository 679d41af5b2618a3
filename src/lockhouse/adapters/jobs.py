"""Work in ranges under a lease, as Changes: claim, step, finish, fail.

A lease says who works, a fence keeps a worker that was stopped and woke up late from writing: every Change of a step
expects the fence that its claim set, and each claim moves it. Pure builders; whoever commits them gives the clock.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.model.change import Change, Expect, Put
from lockhouse.model.rows import Job

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.model.change import Delete, Draft

LEASE_MS: Final = 30_000
MAX_ATTEMPTS: Final = 12
FIRST_PAUSE_MS: Final = 1_000
LONGEST_PAUSE_MS: Final = 3_600_000

WAITING: Final = 0
RUNNING: Final = 1
DONE: Final = 2
FAILED: Final = 3
STATES: Final = frozenset({WAITING, RUNNING, DONE, FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a step writes beside its cursor, all to the record store."""

    puts: tuple[Put, ...] = ()
    deletes: tuple[Delete, ...] = ()
    expects: tuple[Expect, ...] = ()
    entries: tuple[Draft, ...] = ()


NO_WORK: Final = Work()


def plan(kind: str, *, dedupe: str, run_at: int, cursor: bytes = b"") -> Change:
    """Insert a job unless one with this kind and `dedupe` stands: its id is their hash, so the key is the judge.

    A `Conflict` with `planned` says that it was there already, which is no fault.
    """
    job_id = hashlib.sha256(f"lockhouse/job/1\x00{kind}\x00{dedupe}".encode()).digest()[:16]
    job = Job(job_id, kind, dedupe, cursor, WAITING, 0, run_at, None, None, 0, None)
    absent = Expect("job", (job_id,), None, or_absent=False, because="planned")
    return Change("record", puts=(Put("job", job),), expects=(absent,))


def may_claim(job: Job, *, now: int) -> bool:
    """Whether a job waits and is due, or is held by a worker whose lease ran out. `now` in ms."""
    if job.state == WAITING:
        return job.run_at <= now
    return job.state == RUNNING and (job.lease_until or 0) < now


def claimed(job: Job, *, owner: bytes, now: int) -> Job:
    """The job as `claim` leaves it; to be used once the claim was committed."""
    return msgspec.structs.replace(
        job,
        state=RUNNING,
        attempts=job.attempts + 1,
        lease_owner=owner,
        lease_until=now + LEASE_MS,
        fence=job.fence + 1,
    )


def claim(job: Job, *, owner: bytes, now: int) -> Change:
    """Take a job that `may_claim` allows; of two workers with the same job in hand one gets a `Conflict`."""
    taken = claimed(job, owner=owner, now=now)
    return Change("record", puts=(Put("job", taken),), expects=(fenced(job),))


def fenced(job: Job) -> Expect:
    """That nobody claimed the job since: the expectation that every Change of a step carries."""
    return Expect("job", (job.id,), {"fence": job.fence, "state": job.state}, or_absent=False, because="fenced")


def step(job: Job, *, cursor: bytes, now: int, work: Work = NO_WORK) -> tuple[Change, Job]:
    """One step: the work, the cursor behind it and a lease from `now`; with the job as it is after the commit.

    The Change is refused after the lease it was made under, so that a worker who slept cannot write late even
    where nobody claimed the job meanwhile.
    """
    after = msgspec.structs.replace(job, cursor=cursor, lease_until=now + LEASE_MS, fault=None)
    return _change(job, after, work), after


def finish(job: Job, *, work: Work = NO_WORK) -> Change:
    """The last step."""
    return _change(job, _let_go(job, state=DONE, fault=None), work)


def fail(job: Job, *, now: int, fault: str) -> Change:
    """Let go after a fault: again later, each time twice as long, or never after `MAX_ATTEMPTS`.

    Args:
        job: as claimed.
        now: ms.
        fault: an error's code, never its text.
    """
    pause = min(FIRST_PAUSE_MS << min(job.attempts, 32), LONGEST_PAUSE_MS)
    state = FAILED if job.attempts >= MAX_ATTEMPTS else WAITING
    after = msgspec.structs.replace(_let_go(job, state=state, fault=fault), run_at=now + pause)
    return Change("record", puts=(Put("job", after),), expects=(fenced(job),))


def _let_go(job: Job, *, state: int, fault: str | None) -> Job:
    return msgspec.structs.replace(job, state=state, fault=fault, lease_owner=None, lease_until=None)


def _change(job: Job, after: Job, work: Work) -> Change:
    return Change(
        "record",
        puts=(*work.puts, Put("job", after)),
        deletes=work.deletes,
        expects=(fenced(job), *work.expects),
        entries=work.entries,
        deadline=job.lease_until or 0,
    )


def due(jobs: Iterable[Job], *, now: int) -> list[Job]:
    """Of jobs as read, those that may be claimed, the longest due first."""
    return sorted((job for job in jobs if may_claim(job, now=now)), key=lambda job: (job.run_at, job.id))
