"""`lockhouse channel replay`: what the policy lacked passes the gate again, under a policy that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
from cyclopts import Parameter

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.held import held_text
from lockhouse.faces.cli.layout import Said, clean, count, table
from lockhouse.faces.cli.times import since_of
from lockhouse.flows import replay as flow
from lockhouse.flows.observed import waiting

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call
    from lockhouse.flows.replay import Replayed
    from lockhouse.gates.quarantine import Waiting


async def replay(
    name: str,
    /,
    *,
    since: str | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    acting: As | None = None,
    call: Here,
) -> Said:
    """Store what the policy lacked of a channel in stage `trial`, as far as the live policy has it now.

    What was dropped because no policy named it waits sealed for 72 hours. Each event is decided again, as if it came
    in now: under the live policy and by what the person has said since, with its own times. What was shut for it when
    it came stays shut, and nobody who was erased comes back. Twice stores once. Noted in the ledger, a dry run too,
    since it opens what lies there.

    For example `lockhouse channel replay shop --since 1d --dry-run`.

    Args:
        name: of the channel.
        since: only what came in since then: 30m, 2h, 7d or a day such as 2026-11-23.
        dry_run: tell what would be stored; store nothing.
        acting: the role.
    """
    async with call.open() as opened:
        house = opened.house
        actor = allowed(house, "channel.replay", (acting or As()).role)
        begin = 0 if since is None else since_of(since, now=house.clock.now_ms())
        with call.terminal.progress("events looked at", shown=not call.json) as told:
            done = await flow.replay(house, flow.Wanted(name, begin, dry_run), by=actor.id, told=told)
        channel = house.live().policy.channels[name]
        held = await waiting(house, channel.id)
    return replayed(Where(name, channel.stage.name.lower(), dry_run), done, held, call=call)


class Where(NamedTuple):
    """The channel whose events were looked at; `stage` in its word."""

    name: str
    stage: str
    dry_run: bool


def replayed(where: Where, done: Replayed, held: Waiting, *, call: Call) -> Said:
    """What came of a channel's events in quarantine."""
    value = {"channel": where.name, "dry_run": where.dry_run, **msgspec.structs.asdict(done)}
    return Said(value | {"quarantine": held._asdict()}, call.located(_told(where, done, held)))


def _told(where: Where, done: Replayed, held: Waiting) -> str:
    dry = where.dry_run
    if not done.looked:
        return _why_nothing(where, held)
    rows = [
        (clean(event), clean(field), f"{many:,}")
        for event, fields in done.fields.items()
        for field, many in fields.items()
    ]
    lines = [table(("event", "field", "events"), rows), ""] if rows else []
    verb = "Would be stored" if dry else "Stored"
    if done.stored or done.added:
        lines.append(
            f"{verb}: {count(done.stored, 'event')} that had been refused, and more of {count(done.added, 'event')}."
        )
    else:
        lines.append(
            f"{verb}: nothing. The live policy lacks what it lacked, or what it has is shut for these persons."
        )
    said = (
        (done.left, "Still lacking something, and kept until their time is over: {}."),
        (
            done.waiting,
            "Left alone, since their person, or a part of them, is being erased, is restricted or a minor: {}.",
        ),
        (done.ended, "Over, since their person, a part of them, or their 72 hours ended: {}."),
        (done.moved, "Moved while they were looked at, so try again: {}."),
    )
    lines += [text.format(count(many, "event")) for many, text in said if many]
    lines.append(f"In quarantine now: {held_text(held)}.")
    if dry and rows:
        lines.append(f"To store it: lockhouse channel replay {where.name}")
    return "\n".join(lines)


def _why_nothing(where: Where, held: Waiting) -> str:
    if held.events:
        return f"nothing is in quarantine that came in since then; in all: {held_text(held)}"
    if where.stage == "trial":
        why = "of known persons the policy lacked nothing in the last 72 hours, or it was replayed"
        return f"nothing is in quarantine of {where.name}: {why}"
    return f"nothing is in quarantine: {where.name} is not in stage trial; its `stage` in the policy says so"
