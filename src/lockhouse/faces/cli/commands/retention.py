"""`lockhouse retention …`: end what has been kept long enough."""

from __future__ import annotations

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.endings import destroyed
from lockhouse.faces.cli.layout import Said, begins, count, day, epoch_day, plain, table
from lockhouse.flows import lapse, retain
from lockhouse.flows.hold import unreviewed

APP = noun("retention", "End what has been kept long enough, by destroying keys.")


@APP.command
async def plan(*, call: Here) -> Said:
    """Which months of collection end when, compartment by compartment. Changes nothing.

    A month that is `ahead` has not begun: its key waits, and nothing is kept under it yet. Compartments with a purpose
    that counts from the last activity end person by person: `retention idle` tells of them.
    """
    async with call.open() as opened:
        found = await retain.plan(opened.house)
        now = opened.house.clock.now_ms()
        late = await unreviewed(opened.house, now=now)
    due = retain.next_run(found, now=now)
    states = [
        "shut" if one.shut else "due" if one.due_at <= now else "ahead" if begins(one.epoch) > now else "kept"
        for one in found
    ]  # fmt: skip
    rows = [
        (epoch_day(one.epoch), one.class_, ", ".join(one.purposes), day(one.due_at), state)
        for one, state in zip(found, states, strict=True)
    ]  # fmt: skip
    text = table(("epoch from", "class", "purposes", "ends", "state"), rows, empty="no epoch ends as a whole")
    value = [
        {
            "compartment": one.compartment, "name": one.name, "class": one.class_, "purposes": list(one.purposes),
            "epoch": epoch_day(one.epoch), "due_at": one.due_at, "state": state,
            "due": one.due_at <= now, "shut": one.shut, "ahead": begins(one.epoch) > now,
        }
        for one, state in zip(found, states, strict=True)
    ]  # fmt: skip
    run = f"The next run would shut {count(len(due), 'epoch')}: lockhouse retention apply" if due else "Nothing is due."
    if late:
        run += f"\n{count(len(late), 'legal hold')} past review: lockhouse hold list"
    return Said(value, call.located(f"{text}\n\n{run}"))


@APP.command
async def apply(*, now: bool = False, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Shut the oldest month that is due, and destroy what was shut 72 hours ago; one month a run.

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
        done = await retain.apply(opened.house, by=actor.id, journal=opened.journal, at_once=now)
    rows = [(one.case.id.hex(), epoch_day(one.case.epoch), one.case.step, destroyed(one.case)) for one in done]
    value = [{"request": plain(one.case.id), "epoch": epoch_day(one.case.epoch), "step": one.case.step} for one in done]
    heads = ("request", "epoch from", "step", "destroyed")
    return Said(value, table(heads, rows, empty="nothing is due, and nothing waits for its destruction"))


@APP.command
async def idle(*, call: Here) -> Said:
    """How many persons were last active so long ago that their data ends, compartment by compartment. Changes nothing.

    Of purposes that the policy keeps `after last_activity`. `due since` is the longest of them.
    """
    async with call.open() as opened:
        with call.terminal.progress("persons looked at", shown=not call.json) as told:
            found = await lapse.plan(opened.house, told=told)
    rows = [(one.class_, ", ".join(one.purposes), f"{one.persons:,}", day(one.due_at)) for one in found]
    text = table(("class", "purposes", "persons", "due since"), rows, empty="nobody's data is due")
    value = [
        {
            "compartment": one.compartment, "name": one.name, "class": one.class_, "purposes": list(one.purposes),
            "persons": one.persons, "due_at": one.due_at,
        }
        for one in found
    ]  # fmt: skip
    run = "\n\nA run shuts them, and can be called off for 72 hours: lockhouse retention end-idle" if found else ""
    return Said(value, call.located(f"{text}{run}"))


@APP.command
async def end_idle(*, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Shut what `retention idle` names, of at most 5,000 persons a run; the house destroys it 72 hours later.

    A person counts once for each compartment. What a run has shut `request list` names, and `request cancel` puts back.

    Args:
        yes: do not ask for the number of persons.
        acting: the role.
    """
    async with call.open() as opened:
        house, actor = opened.house, allowed(opened.house, "retention.apply", (acting or As()).role)
        if not yes:
            many = sum(one.persons for one in await lapse.plan(house))
            if many:
                call.sure(f"Keys of {count(many, 'person')} are due and will be shut.", str(many), yes=False)
        with call.terminal.progress("persons looked at", shown=not call.json) as told:
            done = await lapse.apply(house, by=actor.id, journal=opened.journal, told=told)
    value = {
        "requests": [
            {"request": plain(one.id), "compartment": one.compartment, "persons": len(one.persons), "step": one.step,
             "destroy_at": one.destroy_at}
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
    if done.is_full:
        parts.append("There may be more, for the next run: lockhouse retention idle")
    return "\n\n".join(parts)
