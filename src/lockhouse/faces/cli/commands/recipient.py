"""`lockhouse recipient …`: what was sent, what was held back and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lockhouse.errors import NotFound, Unavailable
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.layout import Said, count, pairs, table
from lockhouse.faces.workers.sending import key_file, write_key
from lockhouse.flows.forward import DEAD, HELD, backlog, requeue
from lockhouse.model.rows import Outbox
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from lockhouse.model.policy import Recipient
    from lockhouse.wiring import Opened

APP = noun("recipient", "The ways out: what was sent, what was held back and why.")
HEADS = ("recipient", "kind", "role", "waiting", "sent", "held", "dead")


@APP.command(name="list")
async def list_(*, call: Here) -> Said:
    """Every recipient of the live policy, with how many events wait, went, were held back or are dead letters."""
    async with call.open() as opened:
        policy = opened.house.live().policy
        rows = []
        for name, one in policy.recipients.items():
            counts = await backlog(opened.house, name)
            kind = one.kind if one.served else f"{one.kind} (not served)"
            rows.append((name, kind, one.role, *(counts[word] for word in HEADS[3:])))
    value = [dict(zip(HEADS, row, strict=True)) for row in rows]
    return Said(value, table(HEADS, rows, empty="the live policy has no recipient: nothing leaves the house"))


@APP.command
async def show(name: str, /, *, call: Here) -> Said:
    """One recipient: what it may have, under which contract, and why anything was held back.

    Args:
        name: of the recipient.
    """
    async with call.open() as opened:
        one = _recipient(opened, name)
        key = _key_of(opened, one)
        counts = await backlog(opened.house, name)
        reasons: Counter[str] = Counter()
        for state in (HELD, DEAD):
            rows = await opened.house.reads.find(Outbox, ("recipient", "state"), [(one.id, state)], limit=1_000_000)
            reasons.update(row.reason or "unknown" for row in rows)
    told = {
        "kind": one.kind if one.served else f"{one.kind}, not served by this build", "role": one.role,
        "address": one.url or one.path or "-", "purposes": ", ".join(one.purposes), "fields": ", ".join(one.fields),
        "contract": one.contract or "none", "region": one.region or "-", "safeguard": one.safeguard or "-",
        "review": one.review or "never", "write key": key, "erasures reach it by": one.erase or "nothing", **counts,
    }  # fmt: skip
    lines = [f"  {number:,} times {code}: {SENTENCES.get(code, code)}" for code, number in reasons.most_common()]
    held = ["", "Held back or dead:", *lines] if lines else []
    return Said({"name": name, **told, "reasons": dict(reasons)}, "\n".join([pairs(told), *held]))


@APP.command
async def replay(name: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Let a recipient's dead letters wait again, the oldest first.

    Args:
        name: of the recipient.
        acting: the role.
    """
    async with call.open() as opened:
        allowed(opened.house, "recipient.replay", (acting or As()).role)
        _recipient(opened, name)
        number = await requeue(opened.house, name)
    return Said(
        {"recipient": name, "requeued": number}, f"{count(number, 'event')} will be sent again by `lockhouse serve`."
    )


def _key_of(opened: Opened, one: Recipient) -> str:
    """Whether the key it is sent with is there: without it everything waits."""
    if not one.served:
        return "-"
    try:
        write_key(opened.folder, one.name)
    except Unavailable as wrong:
        return f"{wrong.text}; {wrong.hint}"
    return key_file(one.name)


def _recipient(opened: Opened, name: str) -> Recipient:
    one = opened.house.live().policy.recipients.get(name)
    if one is None:
        raise NotFound("recipient: expected one of the live policy, got another", hint="lockhouse recipient list")
    return one
