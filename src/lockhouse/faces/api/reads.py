"""What the house says of itself: version, policy, channels, recipients, messages, holds."""

from __future__ import annotations

import platform
from collections import Counter
from typing import Any

import msgspec

from lockhouse import __version__
from lockhouse.errors import NotFound
from lockhouse.faces.api import shapes
from lockhouse.faces.api.route import Call
from lockhouse.faces.api.shapes import answered, plain
from lockhouse.faces.outcomes import sentence
from lockhouse.flows import forward, hold
from lockhouse.flows.channel import credentials_for, credentials_of
from lockhouse.flows.observed import NotKept, dropped_by_channel, drops_of, waiting
from lockhouse.flows.why import gone_of
from lockhouse.flows.why import why as why_of
from lockhouse.gates.credentials import lives
from lockhouse.gates.holds import STANDS, terms_of
from lockhouse.gates.live import DELAY_MS, LIVE, STATES, WAITING, sound_versions, versions
from lockhouse.model.policy import Channel, Recipient
from lockhouse.model.rows import Hold, Outbox
from lockhouse.policy import matrix as matrices
from lockhouse.policy.sentences import not_kept

MOST_COUNTED = 1_000_000


async def version(_call: Call) -> shapes.Version:
    """Which Lockhouse this is."""
    return answered(
        shapes.Version, lockhouse=__version__, python=platform.python_version(), msgspec=msgspec.__version__
    )


async def policy_show(call: Call) -> shapes.PolicyShown:
    """The policy that rules."""
    ruling = [row for row in await versions(call.house) if row.state == LIVE]
    if not ruling:
        raise NotFound("policy: expected an approved one, got none", hint="lockhouse policy approve")
    row = ruling[-1]
    text = row.document.decode()
    return answered(
        shapes.PolicyShown, version=row.id, at=row.at, by=row.by, hash=row.hash, document=text, waiting=waiting_of(call)
    )


def waiting_of(call: Call) -> dict[str, object] | None:
    """The version that is approved and waits, as it is told; None if none does."""
    waits = call.house.live_policy.waiting if call.house.live_policy else None
    return None if waits is None else {"version": waits.version, "rules_at": waits.due_at, "stale": waits.stale}


async def policy_history(call: Call) -> shapes.PolicyHistory:
    """Every version, with who and when; of one that was planted its number alone."""
    known, doubted = await sound_versions(call.house)
    found = [
        {
            "version": row.id, "state": STATES[row.state], "at": row.at, "by": row.by, "hash": row.hash,
            "rules_at": row.at + DELAY_MS if row.state == WAITING else None,
        }
        for row in known
    ]  # fmt: skip
    return answered(shapes.PolicyHistory, versions=found, waiting=waiting_of(call), doubted=tuple(doubted))


async def policy_matrix(call: Call) -> shapes.PolicyMatrix:
    """Who sees what."""
    policy, asked = call.house.live().policy, call.query
    for name, known in ((asked.role, policy.roles), (asked.field, policy.fields)):
        if name is not None and name not in known:
            raise NotFound("matrix: expected a role and a field that the live policy names, got another")
    told = [
        [{key.replace("class_", "class"): value for key, value in plain(one).items()} for one in found]
        for found in (
            matrices.matrix(policy, role=asked.role, field=asked.field),
            matrices.conditions(policy, role=asked.role, field=asked.field),
        )
    ]
    roles = [name for name in policy.roles if asked.role in {None, name}]
    return answered(shapes.PolicyMatrix, cells=told[0], conditions=told[1], roles=roles)


async def channel_list(call: Call) -> shapes.ChannelList:
    """Every channel, with its keys and what was not kept."""
    house = call.house
    keys, now = await credentials_of(house), house.clock.now_ms()
    dropped = await dropped_by_channel(house)
    found = []
    for name, one in house.live().policy.channels.items():
        left = dropped.get(one.id, NotKept())
        found.append(
            _channel_parts(one)
            | {
                "keys": sum(lives(row, now) for row in keys.get(name, ())), "dropped": left.fields,
                "unknown_events": left.events,
            }
        )  # fmt: skip
    return answered(shapes.ChannelList, channels=found)


def _channel_parts(one: Channel) -> dict[str, object]:
    return {
        "name": one.name, "kind": one.kind, "served": one.served, "assurance": one.assurance_key or "signed",
        "stage": one.stage.name.lower(),
    }  # fmt: skip


async def channel_show(call: Call) -> shapes.ChannelWhole:
    """One channel."""
    one = channel_of(call)
    keys, now = await credentials_for(call.house, one.name), call.house.clock.now_ms()
    told = [
        {
            "begins": row.shown, "assurance": shapes.assurance(row.assurance), "live": lives(row, now),
            "made_at": row.created_at, "until_at": row.until_at,
        }
        for row in keys
    ]  # fmt: skip
    held = await waiting(call.house, one.id)
    return answered(
        shapes.ChannelWhole, **_channel_parts(one), events=one.events, origins=one.origins, proves=one.proves,
        map=one.map, quarantine=held._asdict(), keys=told,
    )  # fmt: skip


def channel_of(call: Call) -> Channel:
    """The channel that the address names.

    Raises:
        NotFound: the live policy has none of this name.
    """
    found = call.house.live().policy.channels.get(call.path["channel"])
    if found is None:
        raise NotFound("channel: expected a channel of the live policy, got another", hint="lockhouse channel list")
    return found


async def channel_drops(call: Call) -> shapes.Drops:
    """What a channel sent that was not kept."""
    one = channel_of(call)
    rows = sorted(await drops_of(call.house, one.id), key=lambda row: (-row.count, row.path, row.reason))
    told = [
        {
            "path": row.path, "reason": row.reason, "count": row.count, "first_at": row.first_at,
            "last_at": row.last_at, "sentence": not_kept(row.reason),
        }
        for row in rows
    ]  # fmt: skip
    held = await waiting(call.house, one.id)
    return answered(shapes.Drops, channel=one.name, drops=told, quarantine=held._asdict())


async def recipient_list(call: Call) -> shapes.RecipientList:
    """Every recipient, and what waits for it."""
    found = [await _recipient_parts(call, one) for one in call.house.live().policy.recipients.values()]
    return answered(shapes.RecipientList, recipients=found)


async def _recipient_parts(call: Call, one: Recipient) -> dict[str, object]:
    late = await forward.delay(call.house, one.name)
    counts = await forward.backlog(call.house, one.name)
    return {
        "name": one.name, "kind": one.kind, "served": one.served, "role": one.role, **counts,
        "fault": late.fault if late else None,
    }  # fmt: skip


async def recipient_show(call: Call) -> shapes.RecipientWhole:
    """One recipient."""
    one, reasons = recipient_of(call), Counter[str]()
    for state in (forward.HELD, forward.DEAD):
        rows = await call.house.reads.find(Outbox, ("recipient", "state"), [(one.id, state)], limit=MOST_COUNTED)
        reasons.update(row.reason or "unknown" for row in rows)
    return answered(
        shapes.RecipientWhole, **await _recipient_parts(call, one), purposes=one.purposes, fields=one.fields,
        contract=one.contract, region=one.region, safeguard=one.safeguard, review=one.review, erase=one.erase,
        address=one.url or one.path, key=call.desk.beside.key_of(one), reasons=reasons,
        oldest=await forward.delay(call.house, one.name), works=await call.desk.beside.works(),
        at=call.house.clock.now_ms(),
    )  # fmt: skip


def recipient_of(call: Call) -> Recipient:
    """The recipient that the address names.

    Raises:
        NotFound: the live policy has none of this name.
    """
    one = call.house.live().policy.recipients.get(call.path["recipient"])
    if one is None:
        raise NotFound("recipient: expected one of the live policy, got another", hint="lockhouse recipient list")
    return one


async def why(call: Call) -> shapes.WhyShown:
    """What became of a message, and why."""
    found = await why_of(call.house, call.body.message)
    if not found:
        raise NotFound("message: expected an id that is remembered, got another")
    gone = await gone_of(call.house, found)
    told = [plain(one) | {"sentence": sentence(one.code), "gone": one.record in gone} for one in found]
    return answered(shapes.WhyShown, answers=told)


async def hold_list(call: Call) -> shapes.HoldList:
    """Every legal hold."""
    return answered(shapes.HoldList, holds=[hold_parts(call, row) for row in await hold.listed(call.house)])


def hold_parts(call: Call, row: Hold) -> dict[str, Any]:
    """A hold as it is told."""
    terms, now, names = terms_of(row), call.house.clock.now_ms(), call.house.live().names
    standing = "past its review" if terms.review_at <= now else "stands"
    return {
        "id": row.id, "reason": terms.reason, "basis": terms.basis, "persons": terms.persons,
        "compartments": [names.name("compartment", one) or f"#{one}" for one in terms.compartments],
        "since": terms.since, "before": terms.before, "keys": row.keys,
        "review": terms.review_at, "state": standing if row.state == STANDS else "released", "by": row.by,
        "at": row.at, "entry": row.entry,
    }  # fmt: skip
