"""The page of metrics: this process's own counts, those of collecting processes and consoles, and of the stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import LockhouseError
from lockhouse.faces import logs
from lockhouse.faces.metrics import Counts, Gauges, rendered
from lockhouse.faces.serve.desk import ask_line, collecting, consoles
from lockhouse.flows.forward import WAITING
from lockhouse.gates import mail
from lockhouse.gates.cases import sound_cases
from lockhouse.model.rows import House as HouseRow
from lockhouse.model.rows import Job, Lane, Outbox, QueuedMail

if TYPE_CHECKING:
    from lockhouse.faces.workers.task import Running
    from lockhouse.gates.house import House

COUNTED = 10_000
"""A backlog is counted up to here: beyond it, the number is not what matters."""
_DECODE = msgspec.json.Decoder(Counts).decode


async def page(running: Running) -> bytes:
    """`/metrics` of the whole house; a process that does not answer is left out."""
    own = running.tally.counts(alive=running.opened.house.epochs.alive())
    processes = [own]
    for path in (*collecting(running.task.folder), *consoles(running.task.folder)):
        try:
            counts = _DECODE(await ask_line(path, "counts"))
        except (LockhouseError, msgspec.DecodeError):
            continue
        if counts.process != own.process:
            processes.append(counts)
    try:
        gauges = await gauges_of(running.opened.house)
    except LockhouseError as error:
        logs.get().warning("metrics without the stores", **logs.fault(error))
        gauges = Gauges()
    return rendered(processes, gauges)


async def gauges_of(house: House) -> Gauges:
    """What the stores say now.

    Raises:
        Unavailable: a store is away.
    """
    recipients = house.live_policy.policy.recipients.values() if house.live_policy else ()
    outbox = {}
    for one in recipients:
        rows = await house.reads.find(Outbox, ("recipient", "state"), [(one.id, WAITING)], limit=COUNTED)
        outbox[one.name] = len(rows)
    mails = {}
    for word, state in (("waiting", mail.WAITING), ("given-up", mail.GIVEN_UP)):
        mails[word] = len(await house.reads.find(QueuedMail, ("state",), [(state,)], limit=COUNTED))
    lanes = {}
    async for chunk in house.reads.scan(Lane):
        lanes.update({lane.name: lane.counter for lane in chunk})
    row = (await house.reads.get(HouseRow, [(1,)])).get((1,))
    jobs = await house.reads.find(Job, ("state",), [(0,), (1,)], limit=COUNTED)
    cases, spoilt = await sound_cases(house)
    return Gauges(
        outbox=outbox,
        mails=mails,
        open_endings=len(cases) + len(spoilt),
        lanes=lanes,
        tree_size=row.tree_size if row else 0,
        policy_epoch=house.epochs.policy(),
        key_epoch=house.epochs.key(),
        due_jobs=len(jobs),
    )
