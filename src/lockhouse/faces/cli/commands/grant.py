"""`lockhouse grant …`: extra access for a while; and facts that an admin vouches for, with their end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter

from lockhouse.access.vouched import Kind
from lockhouse.errors import Invalid
from lockhouse.faces.cli.acting import As, actor_of, allowed
from lockhouse.faces.cli.call import Here, Input, id_of, noun, person_of
from lockhouse.faces.cli.grants import LIST, as_value, ended, lines, page
from lockhouse.faces.cli.layout import Said, table, when
from lockhouse.faces.cli.times import ms_of
from lockhouse.faces.standing import fact_told
from lockhouse.flows import grant as flow
from lockhouse.flows import vouch
from lockhouse.policy.decide import permits


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is asked for, and why."""

    purpose: Annotated[str, Parameter(name="--for")]
    """purpose of the policy"""
    reason: Annotated[str, Parameter(name="--reason")]
    """why, as a word that the policy lists"""
    ticket: Annotated[str, Parameter(name="--ticket")]
    """number of the case, as T-17 or '#4711'"""
    classes: Annotated[tuple[str, ...], Parameter(name="--class", negative=())] = ()
    """class of data; say it again for others"""
    fields: Annotated[tuple[str, ...], Parameter(name="--field", negative=())] = ()
    """field by its name; say it again for others"""
    persons: Annotated[tuple[str, ...], Parameter(name="--person", negative=())] = ()
    """id of a person whom it names; without one it names nobody"""
    minutes: Annotated[int, Parameter(name="--minutes")] = 60
    """how long, at most 480, and 60 without an approval"""


APP = noun("grant", "Extra access for a while, approved by another; and facts that an admin vouches for.")


@APP.command
async def request(*, case: Case, acting: As | None = None, call: Here) -> Said:
    """Ask for more than your roles give, for one purpose and a case. Somebody else approves it.

    For example `lockhouse grant request --for fulfilment --class contact --reason 'call back' --ticket T-17 --person
    01989f…`. It waits for 24 hours; approved, it lasts as long as you ask for, at most 8 hours, and each look that
    rests on it names it. It is of members of staff: whoever only has this machine asks for none.

    Args:
        case: what it is for.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, flow.REQUESTS, (acting or As()).role)
        row = await flow.request(opened.house, _wanted(case), by=by.id)
        value = as_value(await flow.show(opened.house, row.id))
    then = f"lockhouse grant approve {value['grant']}"
    return Said(value, f"Asked for: {value['grant']}. Somebody else approves it: {then}")


@APP.command(name="break-glass")
async def break_glass(*, case: Case, acting: As | None = None, call: Here) -> Said:
    """Open it at once, for an hour at most, where nobody can approve in time. It is reviewed within 72 hours.

    Everybody who could have approved it is told. While a review of yours is overdue you open nothing else so.

    Args:
        case: what it is for.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, flow.BREAKS, (acting or As()).role)
        row = await flow.break_glass(opened.house, _wanted(case), by=by.id)
        value = as_value(await flow.show(opened.house, row.id))
    text = f"Open until {when(value['until'])}: {value['grant']}. To end it: lockhouse grant end {value['grant']}"
    return Said(value, text)


@APP.command
async def approve(grant: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Approve what somebody asked for; it is open from now on.

    You are somebody else, of another line of invitations, active for 72 hours, in a role that may grant.approve.

    Args:
        grant: an id that `grant list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, flow.APPROVES, (acting or As()).role)
        row = await flow.approve(opened.house, _id(grant), by=by.id)
        value = as_value(await flow.show(opened.house, row.id))
    return Said(value, f"Open until {when(value['until'])}. To end it: lockhouse grant end {value['grant']}")


@APP.command
async def refuse(grant: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Refuse what somebody asked for. They may ask anew.

    Args:
        grant: an id that `grant list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, flow.APPROVES, (acting or As()).role)
        row = await flow.refused(opened.house, _id(grant), by=by.id)
        value = as_value(await flow.show(opened.house, row.id))
    return Said(value, f"Refused: {value['grant']}.")


@APP.command
async def end(grant: str, /, *, acting: As | None = None, call: Here) -> Said:
    """End a grant at once, in every process, or take a request back. Another one is asked for anew.

    Args:
        grant: an id that `grant list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, flow.ENDS, (acting or As()).role)
        row = await flow.end(opened.house, _id(grant), by=by.id)
        value = as_value(await flow.show(opened.house, row.id))
    return ended(value)


@APP.command
async def review(
    grant: str, source: Input = None, /, *, not_in_order: bool = False, acting: As | None = None, call: Here
) -> Said:
    """Review a break-glass, in words that are asked for: in order, or not. It is over then.

    Args:
        grant: an id that `grant list` printed.
        source: `-` reads the words from one line of standard input; a value is refused here.
        not_in_order: what was done was not in order.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, flow.APPROVES, (acting or As()).role)
        words = call.terminal.personal("words", source, example=f"lockhouse grant review {grant}")
        row = await flow.review(opened.house, _id(grant), in_order=not not_in_order, words=words, by=by.id)
        value = as_value(await flow.show(opened.house, row.id))
    return Said(value, f"Reviewed: {value['grant']}, {'not ' if not_in_order else ''}in order.")


@APP.command(name="list")
async def list_(*, acting: As | None = None, call: Here) -> Said:
    """Every grant, the newest first: what waits, what is open, what is to be reviewed and by when."""
    async with call.open() as opened:
        allowed(opened.house, "grant.list", (acting or As()).role)
        value = [as_value(one) for one in await flow.listed(opened.house)]
    return Said(value, lines(value))


@APP.command
async def show(grant: str, /, *, acting: As | None = None, call: Here) -> Said:
    """One grant: whose, for what, of whom, by whom and until when; and what its review said.

    Args:
        grant: an id that `grant list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        allowed(opened.house, "grant.list", (acting or As()).role)
        value = as_value(await flow.show(opened.house, _id(grant)))
    return Said(value, page(value))


@APP.command
async def record(  # noqa: PLR0913  (what is vouched for, by whom and until when)
    actor: str, fact: Kind, value: str, /, *, until: datetime, acting: As | None = None, call: Here
) -> Said:
    """Vouch for a fact about somebody until a moment. The ledger says who did.

    For example `lockhouse grant record os-user:1000 step-up fido2 --until 2027-06-30T18:00`. The facts:
    grant CASE (somebody else agreed to extra access; members of staff ask for it: `grant request`), network 10.0.0.0/8
    (where they work), own-record PERSON (who they are themselves, so that they do not look at it), quota 200 (how many
    people an hour they may look up, in place of what their role says), step-up MEANS (they have just proven who they
    are; its age counts from now).

    Args:
        actor: about whom: os-user:UID or staff:ID.
        fact: grant, network, own-record, quota or step-up.
        value: of the fact.
        until: the moment it ends, UTC if it names no offset.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "grant.record", (acting or As()).role)
        if fact == "grant" and actor.startswith("staff:"):
            raise Invalid("grant", "somebody who is no member of staff", got="one", hint="lockhouse grant request")
        row = await vouch.record(opened.house, actor_of(actor), (fact, value), until=ms_of(until), by=by.id)
        now = opened.house.clock.now_ms()
    return Said(fact_told(row, now, whose=True), f"Recorded: {actor}, {fact} {value}, until {when(row.until_at)}.")


@APP.command
async def withdraw(actor: str, fact: Kind, value: str, /, *, acting: As | None = None, call: Here) -> Said:
    """End a fact that was recorded, before its time. The ledger says who did.

    Args:
        actor: about whom: os-user:UID or staff:ID.
        fact: grant, network, own-record, quota or step-up.
        value: as it was recorded.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "grant.record", (acting or As()).role)
        row = await vouch.end(opened.house, actor_of(actor), (fact, value), by=by.id)
        now = opened.house.clock.now_ms()
    return Said(fact_told(row, now, whose=True), f"Ended: {actor}, {fact} {value}.")


@APP.command
async def recorded(*, acting: As | None = None, call: Here) -> Said:
    """Every fact that was vouched for, by whom and until when; courses stand in `training show`.

    Which person an own record is of is told to whoever may record it.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "grant.list", (acting or As()).role)
        live = opened.house.live_policy
        whose = by.kind != "token" and (live is None or permits(live.policy, by.roles, "grant.record"))
        found = await vouch.recorded(opened.house)
        now = opened.house.clock.now_ms()
    return vouched([fact_told(row, now, whose=whose) for row in found])


def vouched(value: list[dict[str, Any]]) -> Said:
    """Facts that were vouched for, as they were told."""
    rows = [
        (one["actor"], one["fact"], one["value"] or "not told", when(one["until"]), one["state"], one["by"])
        for one in value
    ]  # fmt: skip
    heads = ("actor", "fact", "value", "until", "state", "by")
    return Said(value, table(heads, rows, empty="nothing was vouched for"))


def _wanted(case: Case) -> flow.Wanted:
    return flow.Wanted(
        purpose=case.purpose, reason=case.reason, ticket=case.ticket, classes=case.classes, fields=case.fields,
        persons=tuple(person_of(one) for one in case.persons), minutes=case.minutes,
    )  # fmt: skip


def _id(text: str) -> bytes:
    return id_of(text, where="grant", hint=LIST)
