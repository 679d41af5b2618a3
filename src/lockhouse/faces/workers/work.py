"""The worker: carries on endings, runs retention daily, sends on, mails, sweeps, mints keys, tells, folds, empties."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lockhouse.errors import LockhouseError
from lockhouse.faces import logs
from lockhouse.faces.workers.mailing import EVERY_S, Mailing
from lockhouse.faces.workers.rounds import Step, come_round
from lockhouse.faces.workers.sending import Sending
from lockhouse.flows import lapse, retain
from lockhouse.flows.asked import sweep as sweep_asked
from lockhouse.flows.change import end_former
from lockhouse.flows.daily import daily
from lockhouse.flows.hook import forget_lapsed
from lockhouse.flows.housekeeping import empty_details, end_marks, end_passed, tell_failed
from lockhouse.flows.orphans import end_orphans
from lockhouse.flows.pulse import forget_hours
from lockhouse.flows.quarantine import Ended, end_quarantine
from lockhouse.flows.retain import by_month, month
from lockhouse.flows.snapshot import Wanted, snapshot
from lockhouse.flows.sweep import plan_again, sweep
from lockhouse.flows.tell import Told, tell_untold
from lockhouse.flows.wait import come_due
from lockhouse.gates.cases import sound_cases
from lockhouse.gates.ending import carry_on
from lockhouse.gates.ending.spoilt import mend, spoilt_endings
from lockhouse.gates.ending.steps import DAILY
from lockhouse.gates.epochs import ensure_epochs
from lockhouse.gates.refresh import refresh
from lockhouse.gates.repeats import end_repeats
from lockhouse.gates.trusted_time import is_watched, trusted_now
from lockhouse.wiring import jobs

if TYPE_CHECKING:
    from lockhouse.faces.serve.desk import Desk
    from lockhouse.faces.workers.task import Running
    from lockhouse.gates.ending import Case

BY = "service:work"
ABANDONED_MS = 60_000
"""An ending whose command has not brought it further for this long was cut off; the worker carries it on."""
MINUTE_S = 60.0
HOUR_S = 3_600.0
DAY_S = 86_400.0
FOLDED_BY = "worker"
UNTOLD_FIRST_S = 600.0
"""By then what was cut off by the end of the processes before this one is old enough to be told."""


class Worker:
    """The worker's steps."""

    def __init__(self, running: Running) -> None:
        self._opened = running.opened
        self._house = running.opened.house
        self._id = self._house.ids.new()
        self.sending = Sending(running.opened)
        self._spoilt: set[str] = set()
        self._stalled: set[str] = set()
        self._month: tuple[str, float] | None = None
        """The month whose keys were destroyed last, and when, by the clock that only runs."""

    async def replay(self) -> None:
        """Every ending that a crash interrupted goes on from the step it stands at."""
        for case in await self._cases():
            if case.step != "shut":
                await self._carry(case)

    async def endings(self) -> None:
        """Endings whose cooling time has passed, watched, are carried out; those cut off are carried on.

        Of months that are shut one a day is destroyed, however many are due: as long, a mistake can be seen.
        """
        now, watched = await trusted_now(self._house), await is_watched(self._house)
        months = []
        for case in await self._cases():
            if case.step != "shut":
                if case.asked_at + ABANDONED_MS < now:
                    await self._carry(case)
            elif watched and case.destroy_at <= now and not case.is_unmeant:
                if case.what == "epoch":
                    months.append(case)
                else:
                    await self._carry(case)
        await self._end_month(months)

    async def _end_month(self, due: list[Case]) -> None:
        run = self._house.clock.monotonic_s()
        for cases in by_month(due):
            name = month(cases[0].epoch)
            if self._month is not None and name != self._month[0] and run < self._month[1] + DAY_S:
                continue
            if any([await self._carry(case) for case in cases]):
                self._month = (name, run)
                return

    async def _cases(self) -> list[Case]:
        """The open endings; one whose intent does not verify is named once, and holds up no other."""
        cases, spoilt = await sound_cases(self._house)
        names = {case.hex() for case in spoilt}
        self._name(names)
        self._spoilt = names
        return cases

    async def stalled(self) -> None:
        """What is shut and goes no further is named once; where the house can prove how its intent was, it is again.

        What waits for a word is looked at too: it opens again where the keep that shut it was put right.
        """
        for case in await self._cases():
            if case.is_unmeant and case.step == "shut":
                await self._carry(case)
        left = []
        for one in await spoilt_endings(self._house):
            self._name({one.name})
            if await mend(self._house, one):
                logs.get().info("ending mended", case=one.name)
            else:
                left.append(one.name)
        self._stalled = set(left)

    def _name(self, spoilt: set[str]) -> None:
        for case in sorted(spoilt - self._spoilt - self._stalled):
            logs.get().error("ending spoilt", case=case, hint="lockhouse doctor")

    async def retention(self) -> None:
        """Once a day what has been kept long enough is shut: a month, and persons who were not seen for long enough."""
        await refresh(self._house)
        if self._house.live_policy is not None and self._opened.settings.retention_runs:
            await daily(self._house, jobs, kind=DAILY, owner=self._id, act=self._retain)

    async def _retain(self) -> None:
        """Who cannot go holds up nobody else: neither a month the persons, nor these the next month."""
        house, journal = self._house, self._opened.journal
        months: list[Case] = []
        fault: LockhouseError | None = None
        try:
            months = [one.case for one in await retain.shut_due(house, by=BY, journal=journal)]
        except LockhouseError as error:
            fault = error
        ended = await lapse.apply(house, by=BY, journal=journal)
        cases = [*months, *ended.cases]
        if cases:
            logs.get().info("retention run", endings=len(cases), unmeant=sum(case.is_unmeant for case in cases))
        fault = fault or ended.first
        if fault is not None:
            raise fault

    async def _carry(self, case: Case) -> bool:
        """One ending; whatever keeps it back does not keep back the others. Whether it came any further."""
        try:
            done = await carry_on(self._house, case, journal=self._opened.journal)
        except Exception as error:  # noqa: BLE001  # the edge: others' erasures are due, whatever is wrong with one
            logs.get().warning("ending waits", case=case.id.hex(), step=case.step, **logs.fault(error))
            return False
        if done.case.step != case.step:
            logs.get().info("ending", case=case.id.hex(), what=case.what, step=done.case.step)
        return done.case.step != case.step

    async def send(self) -> None:
        """The outbox's next rounds."""
        await refresh(self._house)
        await self.sending.act()

    async def jobs(self) -> None:
        """Due jobs."""
        swept = await sweep(self._house, jobs, owner=self._id)
        if swept.jobs or swept.faults:
            logs.get().info("swept", jobs=swept.jobs, records=swept.records, faults=swept.faults)

    async def sweeps(self) -> None:
        """Whoever was erased and of whom records are left is swept."""
        planned = await plan_again(self._house)
        if planned:
            logs.get().info("sweeps planned", persons=planned)

    async def untold(self) -> None:
        """Words, links, holds, what was done with staff and the like get the ledger entry that a crash cut off."""
        told = await tell_untold(self._house)
        if told != Told(faults=told.faults):
            logs.get().info(
                "told", words=told.words, links=told.links, suppressions=told.suppressions,
                attestations=told.attestations, holds=told.holds, staff=told.staff,
            )  # fmt: skip
        if told.faults:
            logs.get().warning("not told", rows=told.faults)

    async def epochs(self) -> None:
        """The keys of the coming epochs are there before anything is to be sealed under them."""
        await refresh(self._house)
        live = self._house.live_policy
        if live is not None:
            minted = await ensure_epochs(self._house, live.policy.compartments)
            if minted:
                logs.get().info("epoch keys", minted=minted)

    async def policy(self) -> None:
        """An approved policy whose wait is over rules."""
        await refresh(self._house)
        if self._house.doubted:
            logs.get().error("policy versions that nobody approved", versions=self._house.doubted)
        version = await come_due(self._house)
        if version is not None:
            logs.get().info("policy rules", version=version)

    async def quarantine(self) -> None:
        """What waited for a replay for 72 hours is gone, and the keys of its days."""
        ended = await end_quarantine(self._house, journal=self._opened.journal)
        if ended != Ended(0, 0):
            logs.get().info("quarantine ended", events=ended.events, days=ended.days)

    async def failed(self) -> None:
        """The ledger tells of sign-ins that failed."""
        lines = await tell_failed(self._house)
        if lines:
            logs.get().info("failed sign-ins told", lines=lines)

    async def snapshots(self) -> None:
        """Whoever has more records than a look opens has them folded."""
        done = await snapshot(self._house, Wanted(), by=FOLDED_BY)
        if done.persons:
            logs.get().info("folded", persons=done.persons, snapshots=done.snapshots, records=done.records)
        if done.first is not None:
            logs.get().warning("not folded", persons=done.faults, **logs.fault(done.first))

    async def details(self) -> None:
        """What has its time behind it: receipts' paths, marks, answers, sessions, replaced corrections; and orphans."""
        emptied = await empty_details(self._house)
        if emptied:
            logs.get().info("receipts emptied", receipts=emptied)
        await forget_hours(self._house)
        await forget_lapsed(self._house)
        ended = await end_marks(self._house)
        if ended.marks:
            logs.get().info("erased marks ended", marks=ended.marks)
        if ended.faults:
            logs.get().warning("erased marks not ours", rows=ended.faults)
        passed = await end_passed(self._house)
        if passed:
            logs.get().info("sign-ins forgotten", rows=passed)
        repeats = await end_repeats(self._house)
        if repeats:
            logs.get().info("answers to repeats ended", answers=repeats)
        answered = await sweep_asked(self._house)
        if answered:
            logs.get().info("answered requests let go", requests=answered)
        former = await end_former(self._house, by=BY)
        if former:
            logs.get().info("replaced corrections ended", corrections=former)
        orphans = await end_orphans(self._house, journal=self._opened.journal)
        if orphans:
            logs.get().info("orphans ended", persons=orphans)


async def work(running: Running, desk: Desk) -> None:
    """Replay, then work until told to end."""
    worker, mailing, moved = Worker(running), Mailing(running.opened), asyncio.Event()
    running.opened.writer.on_move(lambda _policy, _key: moved.set())
    await worker.replay()
    await desk.open()
    logs.get().info("working")
    steps = (
        Step(name="endings", every_s=1.0, act=worker.endings),
        Step(name="stalled", every_s=HOUR_S, act=worker.stalled),
        Step(name="send", every_s=1.0, act=worker.send),
        Step(name="mail", every_s=EVERY_S, act=mailing.act),
        Step(name="mail-ends", every_s=HOUR_S, first_s=60.0, act=mailing.end),
        Step(name="jobs", every_s=1.0, act=worker.jobs),
        Step(name="sweeps", every_s=DAY_S, first_s=60.0, act=worker.sweeps),
        Step(name="epochs", every_s=HOUR_S, act=worker.epochs, woken=moved),
        Step(name="policy", every_s=MINUTE_S, act=worker.policy),
        Step(name="retention", every_s=HOUR_S, first_s=60.0, act=worker.retention),
        Step(name="quarantine", every_s=HOUR_S, first_s=60.0, act=worker.quarantine),
        Step(name="untold", every_s=DAY_S, first_s=UNTOLD_FIRST_S, act=worker.untold),
        Step(name="details", every_s=DAY_S, first_s=60.0, act=worker.details),
        Step(name="failed", every_s=MINUTE_S, act=worker.failed),
        Step(name="snapshots", every_s=DAY_S, first_s=UNTOLD_FIRST_S, act=worker.snapshots),
    )
    try:
        await come_round(steps, ending=running.ending)
    finally:
        await worker.sending.close()
        await desk.close()
