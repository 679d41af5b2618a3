"""What the house says of itself: version, policy, channels, recipients, messages, holds."""

from __future__ import annotations

import platform

from lockhouse import __version__
from lockhouse.errors import NotFound
from lockhouse.faces.api import shapes
from lockhouse.faces.api.route import Call
from lockhouse.faces.api.shapes import answered, plain
from lockhouse.faces.outcomes import sentence
from lockhouse.flows import forward, hold
from lockhouse.flows.channel import credentials_of, lives
from lockhouse.flows.observed import NotKept, dropped_by_channel, drops_of
from lockhouse.flows.why import why as why_of
from lockhouse.gates.holds import STANDS, terms_of
from lockhouse.gates.live import DELAY_MS, FORMER, LIVE, PROPOSED, SUPERSEDED, WAITING, WITHDRAWN, versions
from lockhouse.model.policy import Channel, Recipient
from lockhouse.model.rows import Hold
from lockhouse.policy import matrix as matrices
from lockhouse.policy.sentences import not_kept

STATES = {
    PROPOSED: "proposed", LIVE: "live", FORMER: "former", WAITING: "waiting", WITHDRAWN: "withdrawn",
    SUPERSEDED: "superseded",
}  # fmt: skip


async def version(_call: Call) -> shapes.Version:
    """Which Lockhouse this is."""
    return answered(shapes.Version, lockhouse=__version__, python=platform.python_version())


async def policy_show(call: Call) -> shapes.PolicyShown:
    """The policy that rules."""
    ruling = [row for row in await versions(call.house) if row.state == LIVE]
    if not ruling:
        raise NotFound("policy: expected an approved one, got none", hint="lockhouse policy approve")
    row = ruling[-1]
    text = row.document.decode()
    return answered(shapes.PolicyShown, version=row.id, at=row.at, by=row.by, hash=row.hash, document=text)


async def policy_history(call: Call) -> shapes.PolicyHistory:
    """Every version, with who and when."""
    found = [
        {
            "version": row.id, "state": STATES[row.state], "at": row.at, "by": row.by, "hash": row.hash,
            "rules_at": row.at + DELAY_MS if row.state == WAITING else None,
        }
        for row in await versions(call.house)
    ]  # fmt: skip
    return answered(shapes.PolicyHistory, versions=found)


async def policy_matrix(call: Call) -> shapes.PolicyMatrix:
    """Who sees what."""
    policy, asked = call.house.live().policy, call.query
    for name, known in ((asked.role, policy.roles), (asked.field, policy.fields)):
        if name is not None and name not in known:
            raise NotFound("matrix: expected a role and a field that the live policy names, got another")
    cells = matrices.matrix(policy, role=asked.role, field=asked.field)
    named = [{key.replace("class_", "class"): value for key, value in plain(one).items()} for one in cells]
    return answered(shapes.PolicyMatrix, cells=named)


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
    one = _channel(call)
    keys, now = (await credentials_of(call.house)).get(one.name, []), call.house.clock.now_ms()
    told = [
        {"begins": row.shown, "live": lives(row, now), "made_at": row.created_at, "until_at": row.until_at}
        for row in keys
    ]
    return answered(
        shapes.ChannelWhole, **_channel_parts(one), events=one.events, origins=one.origins, proves=one.proves, keys=told
    )


def _channel(call: Call) -> Channel:
    found = call.house.live().policy.channels.get(call.path["channel"])
    if found is None:
        raise NotFound("channel: expected a channel of the live policy, got another")
    return found


async def channel_drops(call: Call) -> shapes.Drops:
    """What a channel sent that was not kept."""
    one = _channel(call)
    rows = sorted(await drops_of(call.house, one.id), key=lambda row: (-row.count, row.path, row.reason))
    told = [
        {
            "path": row.path, "reason": row.reason, "count": row.count, "first_at": row.first_at,
            "last_at": row.last_at, "sentence": not_kept(row.reason),
        }
        for row in rows
    ]  # fmt: skip
    return answered(shapes.Drops, channel=one.name, drops=told)


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
    one = call.house.live().policy.recipients.get(call.path["recipient"])
    if one is None:
        raise NotFound("recipient: expected a recipient of the live policy, got another")
    return answered(
        shapes.RecipientWhole, **await _recipient_parts(call, one), purposes=one.purposes, fields=one.fields,
        contract=one.contract, region=one.region, safeguard=one.safeguard, review=one.review, erase=one.erase,
    )  # fmt: skip


async def why(call: Call) -> shapes.WhyShown:
    """What became of a message, and why."""
    found = await why_of(call.house, call.body.message)
    if not found:
        raise NotFound("message: expected an id that is remembered, got another")
    told = [plain(one) | {"sentence": sentence(one.code)} for one in found]
    return answered(shapes.WhyShown, answers=told)


async def hold_list(call: Call) -> shapes.HoldList:
    """Every legal hold."""
    now = call.house.clock.now_ms()
    return answered(shapes.HoldList, holds=[_hold_parts(row, now) for row in await hold.listed(call.house)])


def _hold_parts(row: Hold, now: int) -> dict[str, object]:
    terms = terms_of(row)
    standing = "past its review" if terms.review_at <= now else "stands"
    return {
        "id": row.id, "reason": terms.reason, "basis": terms.basis, "persons": len(terms.persons), "keys": row.keys,
        "review": terms.review_at, "state": standing if row.state == STANDS else "released", "by": row.by,
        "at": row.at, "entry": row.entry,
    }  # fmt: skip
