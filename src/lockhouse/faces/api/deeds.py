"""Deeds on channels, recipients, imports and holds, as the command line does them; each names the token that did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Conflict, Invalid
from lockhouse.faces.api import shapes
from lockhouse.faces.api.reads import channel_of, hold_parts, recipient_of
from lockhouse.faces.api.route import Call
from lockhouse.faces.api.shapes import answered, id_of, plain
from lockhouse.flows import bring, channel, forward, hold, link, observed, replay
from lockhouse.flows.token import facts
from lockhouse.gates.credentials import lives
from lockhouse.gates.disclose.said import require_other
from lockhouse.gates.holds import STANDS, Terms, terms_of
from lockhouse.gates.imports import STAFF_CHANNEL, batches
from lockhouse.gates.key_counts import key_counts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from lockhouse.model.policy import Channel
    from lockhouse.secret import Secret

BATCHES = ("stopped", "done", "being taken back", "taken back")
"""By number."""
COUNTS = ("stored", "trimmed", "duplicate", "refused", "rejected")


async def channel_revoke(call: Call) -> shapes.ChannelEnded:
    """A write key is ended for good."""
    one, now = channel_of(call), call.house.clock.now_ms()
    row = await channel.end_credential(call.house, one.name, call.body.begins, by=call.actor.id)
    left = sum(lives(key, now) for key in await channel.credentials_for(call.house, one.name))
    return answered(shapes.ChannelEnded, channel=one.name, begins=row.shown, until_at=row.until_at, left=left)


async def channel_add(call: Call) -> shapes.KeyMade:
    """A write key is made, and told this once."""
    one = channel_of(call)
    secret = await channel.make_credential(call.house, one.name, by=call.actor.id)
    return answered(shapes.KeyMade, **_key(call, one, secret))


async def channel_rotate(call: Call) -> shapes.KeyRotated:
    """A write key is made, and told this once; those before it have an end."""
    one = channel_of(call)
    secret, before = await channel.rotate_credential(
        call.house, one.name, overlap_hours=call.body.overlap_hours, by=call.actor.id
    )
    ending = [answered(shapes.KeyEnding, begins=row.shown, until_at=row.until_at) for row in before]
    return answered(shapes.KeyRotated, **_key(call, one, secret), ending=ending)


def _key(call: Call, one: Channel, secret: Secret) -> dict[str, Any]:
    key = secret.reveal().decode()  # house: allow no-reveal: a new key is told this once
    return {
        "channel": one.name, "key": key, "address": call.desk.beside.address(), "assurance": one.assurance_key,
        "event": channel.sample_event(one), "pageless": one.pageless,
    }  # fmt: skip


async def channel_observed(call: Call) -> shapes.ChannelObserved:
    """What an observed channel sent."""
    one = channel_of(call)
    found, held = await observed.observed(call.house, one.id), await observed.waiting(call.house, one.id)
    return answered(
        shapes.ChannelObserved, channel=one.name, stage=one.stage.name.lower(),
        assurance=one.assurance_key or "signed", quarantine=held._asdict(),
        **plain(found),
    )  # fmt: skip


async def recipient_replay(call: Call) -> shapes.Requeued:
    """Dead letters wait again."""
    one = recipient_of(call)
    return answered(shapes.Requeued, recipient=one.name, requeued=await forward.requeue(call.house, one.name))


async def import_list(call: Call) -> shapes.BatchList:
    """Every batch."""
    names = {number: name for kind, number, name in call.house.live().names if kind == "channel"}
    names[STAFF_CHANNEL] = "(consents)"
    found = [
        {
            "batch": row.id, "channel": names.get(row.channel, f"#{row.channel}"), "state": BATCHES[row.state],
            "line": row.line, **{name: getattr(row, name) for name in COUNTS}, "by": row.by,
            "began_at": row.began_at, "moved_at": row.moved_at,
        }
        for row in await batches(call.house)
    ]  # fmt: skip
    return answered(shapes.BatchList, batches=found)


async def hold_show(call: Call) -> shapes.HoldShown:
    """One hold."""
    return answered(shapes.HoldShown, **hold_parts(call, await hold.find(call.house, call.id("hold"))))


async def hold_place(call: Call) -> shapes.HoldPlaced:
    """What is held of persons is kept for a claim alone."""
    asked: shapes.HoldAsked = call.body
    names = call.house.live().names
    numbers = [names.known("compartment", one) for one in asked.compartments]
    if None in numbers:
        raise Invalid("compartments", "whole names of compartments of this or an earlier policy", got="another")
    terms = Terms(
        reason=asked.reason, basis=asked.basis, persons=tuple(id_of(one, where="persons") for one in asked.persons),
        compartments=tuple(sorted(one for one in numbers if one is not None)), review_at=asked.review,
        since=asked.since, before=asked.before,
    )  # fmt: skip
    await require_others(call, terms.persons, "hold")
    row = await hold.place(call.house, terms, by=call.actor.id)
    return answered(shapes.HoldPlaced, **hold_parts(call, row), shut=await hold.left_shut(call.house, row))


async def hold_review(call: Call) -> shapes.HoldShown:
    """A hold was looked at and stands on."""
    row = await hold.find(call.house, call.id("hold"))
    await require_others(call, terms_of(row).persons, "hold")
    row = await hold.review(call.house, row.id, until=call.body.until, by=call.actor.id)
    return answered(shapes.HoldShown, **hold_parts(call, row))


async def hold_release(call: Call) -> shapes.HoldShown:
    """A hold's key is destroyed.

    Raises:
        Conflict: it has another number of keys than whoever asks was told.
    """
    row = await hold.find(call.house, call.id("hold"))
    if row.state == STANDS and row.keys != call.body.keys:
        raise Conflict("keys: expected as many as the hold has, got another number", hint="read it again")
    await require_others(call, terms_of(row).persons, "hold")
    row = await hold.release(call.house, row.id, by=call.actor.id, journal=call.desk.journal)
    return answered(shapes.HoldShown, **hold_parts(call, row))


async def key_status(call: Call) -> shapes.KeyStatus:
    """How many keys there are."""
    root, (counts, keks) = await call.desk.beside.root(), await key_counts(call.house.reads)
    told = [
        {
            "generation": one.generation, "root": one.root, "state": one.state, "wraps": one.wraps,
            "made_at": one.made_at,
        }
        for one in keks
    ]  # fmt: skip
    return answered(shapes.KeyStatus, root=msgspec.structs.asdict(root), counts=counts, keks=told)


async def channel_replay(call: Call) -> shapes.ChannelReplayed:
    """What the policy now allows of a channel's events in quarantine is stored."""
    one, asked = channel_of(call), call.body
    done = await replay.replay(
        call.house, replay.Wanted(one.name, asked.since, asked.dry_run), by=call.actor.id
    )  # fmt: skip
    held = await observed.waiting(call.house, one.id)
    return answered(
        shapes.ChannelReplayed, channel=one.name, stage=one.stage.name.lower(), dry_run=asked.dry_run,
        **msgspec.structs.asdict(done), quarantine=held._asdict(),
    )  # fmt: skip


async def import_undo(call: Call) -> shapes.BatchUndone:
    """A batch is taken back.

    Raises:
        Conflict: it stored another number of records than whoever asks was told.
    """
    own = call.id("batch")
    row = await bring.standing(call.house, own)
    if row.stored != call.body.stored:
        raise Conflict("stored: expected as many records as the batch stored, got another number", hint="read it again")
    done = await bring.undo(call.house, own, by=call.actor.id, told=lambda _done: None)
    return answered(
        shapes.BatchUndone, batch=own, state=BATCHES[done.row.state], records=done.records, sent=done.sent,
        missing=done.row.stored,
    )  # fmt: skip


async def person_link(call: Call) -> shapes.PersonsLinked:
    """Two source persons are one."""
    one, other = await _strangers(call, "link")
    row = await link.make(call.house, one, other, by=call.actor.id)
    return answered(shapes.PersonsLinked, person=one, other=other, link=row.id)


async def person_unlink(call: Call) -> shapes.PersonsUnlinked:
    """Two source persons are two again."""
    one, other = await _strangers(call, "unlink")
    undone = await link.undo(call.house, one, other, by=call.actor.id)
    return answered(shapes.PersonsUnlinked, person=one, other=other, undone=undone)


async def _strangers(call: Call, action: str) -> tuple[bytes, bytes]:
    """The two who are named, neither of them whoever answers for the token: what parts one's record would open it."""
    one, other = call.id("person"), id_of(call.body.other, where="other")
    await require_others(call, (one, other), action)
    return one, other


async def require_others(call: Call, persons: Iterable[bytes], action: str) -> None:
    """Return only if none of these is whoever answers for the token.

    Raises:
        Refused: one is; that is noted.
    """
    own = (await facts(call.house, call.token)).own
    await require_other(call.house, *persons, actor=call.actor, own=own, action=action)
