"""`lockhouse retention …`: end what has been kept long enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, id_of, noun
from lockhouse.faces.cli.endings import destroyed, ending, unmeant
from lockhouse.faces.cli.layout import Said, count, day, epoch_day, plain, table, when
from lockhouse.faces.cli.lives import columns
from lockhouse.faces.due import epochs_told, idle_told
from lockhouse.flows import lapse, retain
from lockhouse.flows.confirm import confirm as confirm_run
from lockhouse.flows.confirm import much
from lockhouse.flows.hold import unreviewed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.faces.cli.call import Call
    from lockhouse.gates.cases import Case, Extent

APP = noun("retention", "End what has been kept long enough, by destroying keys.")


@APP.command
async def plan(*, call: Here) -> Said:
    """Which months of collection end when, compartment by compartment. Changes nothing.

    A month that is `ahead` has not begun: its key waits, and nothing is kept under it yet. Compartments with a purpose
    that counts from the last activity end person by person: `retention idle` tells of them. Rows that would look alike
    say besides what their data rested on, and for how long, when their keys were made.
    """
    async with call.open() as opened:
        found = await retain.plan(opened.house)
        now = opened.house.clock.now_ms()
        late = await unreviewed(opened.house, now=now)
    return planned(epochs_told(found, now=now), len(retain.next_run(found, now=now)), len(late), call=call)


def planned(epochs: list[dict[str, Any]], next_run: int, holds: int, *, call: Call) -> Said:
    """Which months end when, as it was told."""
    rows = [
        (one["epoch"], one["class"], ", ".join(one["purposes"]), day(one["due_at"]), one["state"]) for one in epochs
    ]
    heads, more = columns([row[:3] for row in rows], [one["name"] for one in epochs])
    shown = [(*row, *cells) for row, cells in zip(rows, more, strict=True)]
    text = table(("epoch from", "class", "purposes", "ends", "state", *heads), shown, empty="no epoch ends as a whole")
    run = f"The next run would shut {count(next_run, 'epoch')}: lockhouse retention apply"
    run = run if next_run else "Nothing is due."
    if holds:
        run += f"\n{count(holds, 'legal hold')} past review: lockhouse hold list"
    return Said(epochs, call.located(f"{text}\n\n{run}"))


@APP.command
async def apply(*, now: bool = False, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Shut the oldest month that is due, and destroy what was shut 72 hours ago; one month a run.

    A run that ends much shuts all the same, and is destroyed once it is confirmed: `retention confirm`.

    Args:
        now: destroy at once; in a demo house only.
        yes: do not ask for the number of epochs.
        acting: the role.
    """
    async with call.open() as opened:
        actor = allowed(opened.house, "retention.apply", (acting or As()).role)
        due = retain.next_run(await retain.plan(opened.house), now=opened.house.clock.now_ms())
        if due:
            question = (
                f"{count(len(due), 'epoch')} of {retain.month(due[0].epoch)} will be shut, for everybody in them."
            )
            call.sure(question, str(len(due)), yes=yes)
        with call.terminal.progress("records looked at", shown=not call.json) as told:
            done = await retain.apply(opened.house, by=actor.id, journal=opened.journal, at_once=now, told=told)
    rows = [(one.case.id.hex(), epoch_day(one.case.epoch), one.case.step, destroyed(one.case)) for one in done]
    value = [
        {
            "request": plain(one.case.id), "epoch": epoch_day(one.case.epoch), "step": one.case.step,
            "confirm": unmeant(one.case), "ends": ending(one.case),
        }
        for one in done
    ]  # fmt: skip
    heads = ("request", "epoch from", "step", "destroyed")
    text = table(heads, rows, empty="nothing is due, and nothing that is shut can be destroyed yet")
    return Said(value, call.located("\n\n".join([text, *_is_much([one.case for one in done])])))


def _is_much(cases: Sequence[Case]) -> list[str]:
    run = next((one.run for one in cases if one.is_unmeant and one.run is not UNSET), None)
    if run is None:
        return []
    return [f"{_share(run)} It is shut, and destroyed once it is meant: lockhouse retention confirm {run.id.hex()}"]


def _share(run: Extent) -> str:
    part = 100 * run.share
    return f"This run ends much: {count(run.boxes, 'box', 'boxes')} of the {run.of_boxes:,} that lived ({part:.1f} %)."


@APP.command
async def confirm(run: str, /, *, ends: int | None = None, acting: As | None = None, call: Here) -> Said:
    """Say that a retention run that ends much is meant, by typing how many boxes it ends. Noted in the ledger.

    More than a twentieth of what lives is much, and so is more than twice what used to end; all that is due counts, and
    what runs of 27 days ended. Where another user of this machine has acted here, two must say it; what it has shut is
    then destroyed 72 hours after the shutting. Who is alone here waits 48 hours more. Until then the cause can be put
    right.

    For example `lockhouse retention confirm RUN`.

    Args:
        run: an id that `doctor` or the run itself printed.
        ends: how many boxes end, for scripts.
        acting: the role.
    """
    wanted = id_of(run, where="run", hint="lockhouse doctor names those that wait")
    async with call.open() as opened:
        actor = allowed(opened.house, "retention.apply", (acting or As()).role)
        waits = next((one.extent for one in await much(opened.house) if one.extent.id == wanted), None)
        if waits is not None and not waits.meant and ends is None and not call.json:
            question = f"{_share(waits)} Nothing brings it back once it is destroyed."
            call.sure(question, str(waits.boxes), yes=False, instead=f"--ends {waits.boxes}")
            ends = waits.boxes
        done = await confirm_run(opened.house, wanted, by=actor.id, ends=ends)
    value = {
        "run": plain(done.extent.id), "ends": done.extent.boxes, "meant": done.extent.meant,
        "destroy_at": done.destroy_at, "requests": [plain(one.id) for one in done.cases],
    }  # fmt: skip
    text = f"Confirmed: its keys are destroyed from {when(done.destroy_at)} on, by a house that serves."
    if not done.extent.meant:
        text = f"Noted. Another user of this machine must mean it too: lockhouse retention confirm {run}"
    return Said(value, call.located(text))


@APP.command
async def idle(*, call: Here) -> Said:
    """How many persons were last active so long ago that their data ends, compartment by compartment. Changes nothing.

    Of purposes that the policy keeps `after last_activity`. `due since` is the longest of them.
    """
    async with call.open() as opened:
        with call.terminal.progress("persons looked at", shown=not call.json) as told:
            found = await lapse.plan(opened.house, told=told)
    return idly(idle_told(found), call=call)


def idly(found: list[dict[str, Any]], *, call: Call) -> Said:
    """Of how many persons what is due, as it was told."""
    rows = [(one["class"], ", ".join(one["purposes"]), f"{one['persons']:,}", day(one["due_at"])) for one in found]
    heads, more = columns([row[:2] for row in rows], [one["name"] for one in found])
    shown = [(*row, *cells) for row, cells in zip(rows, more, strict=True)]
    text = table(("class", "purposes", "persons", "due since", *heads), shown, empty="nobody's data is due")
    run = "\n\nA run shuts them, and can be called off for 72 hours: lockhouse retention end-idle" if found else ""
    return Said(found, call.located(f"{text}{run}"))


@APP.command
async def end_idle(*, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Shut what `retention idle` names, of at most 5,000 persons a run; the house destroys it 72 hours later.

    A run that ends much is destroyed once it is confirmed: `retention confirm`. A person counts once for each
    compartment. What a run has shut `request list` names, and `request cancel` puts back.

    Args:
        yes: do not ask for the number of persons.
        acting: the role.
    """
    async with call.open() as opened:
        house, actor = opened.house, allowed(opened.house, "retention.apply", (acting or As()).role)
        if not yes:
            many = sum(one.persons for one in await lapse.plan(house))
            if many:
                question = f"{count(many, 'key')} are due and will be shut, one for each person and compartment."
                call.sure(question, str(many), yes=False)
        with call.terminal.progress("persons looked at", shown=not call.json) as told:
            done = await lapse.apply(house, by=actor.id, journal=opened.journal, told=told)
    value = {
        "requests": [
            {"request": plain(one.id), "compartment": one.compartment, "persons": len(one.persons), "step": one.step,
             "destroy_at": one.destroy_at, "confirm": unmeant(one), "ends": ending(one)}
            for one in done.cases
        ],
        "not_looked_at": done.faults, "more": done.is_full,
    }  # fmt: skip
    return Said(value, call.located(_ran(done)))


def _ran(done: lapse.Run) -> str:
    rows = [(one.id.hex(), one.scope[0].partition("|")[0], f"{len(one.persons):,}", one.step, destroyed(one))
            for one in done.cases]  # fmt: skip
    parts = [table(("request", "class", "persons", "step", "destroyed"), rows, empty="nobody's data is due")]
    if done.faults and done.first is not None:
        parts.append(f"{count(done.faults, 'person')} could not be looked at, the first since {done.first.text}")
    parts += _is_much(done.cases)
    if done.is_full:
        parts.append("There may be more, for the next run: lockhouse retention idle")
    return "\n\n".join(parts)
