"""`lockhouse grant …`: what an admin vouches for about somebody, with its end."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from lockhouse.access.vouched import Kind, parts_of
from lockhouse.faces.cli.acting import As, actor_of, allowed
from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.layout import Said, table, when
from lockhouse.faces.cli.times import ms_of
from lockhouse.flows import vouch

if TYPE_CHECKING:
    from lockhouse.model.rows import Attestation

APP = noun("grant", "Facts about somebody that an admin vouches for, with their end.")


@APP.command
async def record(  # noqa: PLR0913  (what is vouched for, by whom and until when)
    actor: str, fact: Kind, value: str, /, *, until: datetime, acting: As | None = None, call: Here
) -> Said:
    """Vouch for a fact about somebody until a moment. The ledger says who did.

    For example `lockhouse grant record os-user:1000 step-up fido2 --until 2027-06-30T18:00`. The facts:
    grant CASE (somebody else agreed to extra access), network 10.0.0.0/8 (where they work), own-record PERSON (who they
    are themselves, so that they do not look at it), quota 200 (how many people an hour they may look up, in place
    of what their role says), step-up MEANS (they have just proven who they are; its age counts from now).

    Args:
        actor: about whom: os-user:UID or staff:ID.
        fact: grant, network, own-record, quota or step-up.
        value: of the fact.
        until: the moment it ends, UTC if it names no offset.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "grant.record", (acting or As()).role)
        row = await vouch.record(opened.house, actor_of(actor), (fact, value), until=ms_of(until), by=by.id)
        now = opened.house.clock.now_ms()
    return Said(_told(row, now), f"Recorded: {actor}, {fact} {value}, until {when(row.until_at)}.")


@APP.command
async def end(actor: str, fact: Kind, value: str, /, *, acting: As | None = None, call: Here) -> Said:
    """End a fact before its time. The ledger says who did.

    Args:
        actor: about whom: os-user:UID or staff:ID.
        fact: grant, network, own-record, quota or step-up.
        value: as it was recorded.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "grant.end", (acting or As()).role)
        row = await vouch.end(opened.house, actor_of(actor), (fact, value), by=by.id)
        now = opened.house.clock.now_ms()
    return Said(_told(row, now), f"Ended: {actor}, {fact} {value}.")


@APP.command(name="list")
async def show(*, acting: As | None = None, call: Here) -> Said:
    """Every fact that was vouched for, by whom and until when; courses stand in `training show`."""
    async with call.open() as opened:
        allowed(opened.house, "grant.list", (acting or As()).role)
        found = await vouch.recorded(opened.house)
        now = opened.house.clock.now_ms()
    value = [_told(row, now) for row in found]
    rows = [
        (one["actor"], one["fact"], one["value"], when(one["until"]), one["state"], one["by"]) for one in value
    ]  # fmt: skip
    heads = ("actor", "fact", "value", "until", "state", "by")
    return Said(value, table(heads, rows, empty="nothing was vouched for"))


def _told(row: Attestation, now: int) -> dict[str, Any]:
    kind, text = parts_of(row.fact) or (row.fact, "")
    state = "in force" if row.until_at is not None and row.until_at > now else "ended"
    return {
        "actor": row.actor, "fact": kind, "value": text, "until": row.until_at, "state": state, "by": row.by,
    }  # fmt: skip
