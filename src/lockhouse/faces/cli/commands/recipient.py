"""`lockhouse recipient …`: what was sent, what was held back and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lockhouse.errors import NotFound, Unavailable
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.layout import Said, count, pairs, plain, table, when
from lockhouse.faces.serve.desk import ask_line
from lockhouse.faces.serve.roles import desk_of
from lockhouse.faces.workers.sending import MOST_AWAY_S, key_file, write_key
from lockhouse.flows.forward import ANSWERED, BAD_ADDRESS, DEAD, HELD, NO_ANSWER, Delay, backlog, delay, requeue
from lockhouse.model.rows import Outbox
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from lockhouse.model.policy import Recipient
    from lockhouse.wiring import Opened

APP = noun("recipient", "The ways out: what was sent, what was held back and why.")
COUNTED = ("waiting", "sent", "held", "dead")
HEADS = ("recipient", "kind", "role", *COUNTED, "last fault")
FAULTS = {
    NO_ANSWER: "no answer: its name, its connection or its certificate failed, or ten seconds were not enough",
    BAD_ADDRESS: "not tried: its address is private, and no network of private_recipients in lockhouse.toml holds it",
    f"{ANSWERED}401": "it answered 401: it does not take the write key",
    f"{ANSWERED}403": "it answered 403: it does not take the write key",
}


@APP.command(name="list")
async def list_(*, call: Here) -> Said:
    """Every recipient of the live policy: events that wait, went, were held back or are dead letters; last fault."""
    async with call.open() as opened:
        policy = opened.house.live().policy
        rows = []
        for name, one in policy.recipients.items():
            counts = await backlog(opened.house, name)
            kind = one.kind if one.served else f"{one.kind} (not served)"
            late = await delay(opened.house, name)
            fault = late.fault if late else None
            rows.append((name, kind, one.role, *(counts[word] for word in COUNTED), fault or "-"))
    value = [dict(zip(HEADS, row, strict=True)) for row in rows]
    return Said(value, table(HEADS, rows, empty="the live policy has no recipient: nothing leaves the house"))


@APP.command
async def show(name: str, /, *, call: Here) -> Said:
    """One recipient: what it may have, under which contract, what waits for it, and why anything was held back.

    Args:
        name: of the recipient.
    """
    async with call.open() as opened:
        one = _recipient(opened, name)
        key = _key_of(opened, one)
        counts = await backlog(opened.house, name)
        late = await delay(opened.house, name)
        waits = _waits(late, works=await _works(opened), now=opened.house.clock.now_ms())
        reasons: Counter[str] = Counter()
        for state in (HELD, DEAD):
            rows = await opened.house.reads.find(Outbox, ("recipient", "state"), [(one.id, state)], limit=1_000_000)
            reasons.update(row.reason or "unknown" for row in rows)
    told = {
        "kind": one.kind if one.served else f"{one.kind}, not served by this build", "role": one.role,
        "address": one.url or one.path or "-", "purposes": ", ".join(one.purposes), "fields": ", ".join(one.fields),
        "contract": one.contract or "none", "region": one.region or "-", "safeguard": one.safeguard or "-",
        "review": one.review or "never", "write key": key, "erasures reach it by": one.erase or "nothing",
        **counts, **waits,
    }  # fmt: skip
    lines = [f"  {count(number, 'time')} {code}: {_sentence(code)}" for code, number in reasons.most_common()]
    held = ["", "Held back or dead:", *lines] if lines else []
    value = {
        "name": name, "kind": one.kind, "served": one.served, "role": one.role, "address": one.url or one.path,
        "purposes": list(one.purposes), "fields": list(one.fields), "contract": one.contract, "region": one.region,
        "safeguard": one.safeguard, "review": one.review, "erase": one.erase, "key": key, **counts,
        "reasons": dict(reasons), "oldest": plain(late), "said": waits,
    }  # fmt: skip
    return Said(value, call.located("\n".join([pairs(told), *held])))


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


APP.command("lockhouse.faces.cli.commands.pausing:pause_recipient", name="pause")
APP.command("lockhouse.faces.cli.commands.pausing:resume_recipient", name="resume")


def _key_of(opened: Opened, one: Recipient) -> str:
    """Whether the key it is sent with is there: without it everything waits."""
    if not one.served:
        return "-"
    try:
        write_key(opened.folder, one.name)
    except Unavailable as wrong:
        return f"{wrong.text}; {wrong.hint}"
    return key_file(one.name)


def _waits(late: Delay | None, *, works: bool, now: int) -> dict[str, str]:
    """Since when the oldest event waits, what went wrong and when it is tried again."""
    if late is None:
        return {"oldest waiting": "-", "last fault": "-", "next try": "-"}
    fault = _sentence(late.fault) if late.fault else "no answer that failed; what else did is in the log of serve"
    tried = f" ({count(late.tries, 'try', 'tries')})" if late.tries else ""
    if not works:
        again = "none while no worker runs: lockhouse serve"
    elif late.next_at > now:
        again = when(late.next_at)
    else:  # how long the worker leaves a recipient alone whose round failed otherwise is known to the worker only
        again = f"within {MOST_AWAY_S / 60:.0f} minutes"
    return {"oldest waiting": f"since {when(late.since)}", "last fault": fault + tried, "next try": again}


async def _works(opened: Opened) -> bool:
    """Whether the house's worker runs: it alone sends."""
    try:
        await ask_line(desk_of(opened.folder, "work"), "state")
    except Unavailable:
        return False
    return True


def _sentence(code: str) -> str:
    """A reason in plain words; a status that has none of its own as it was answered."""
    status = code.removeprefix(ANSWERED)
    other = code if status == code else f"it answered {status}"
    return FAULTS.get(code) or SENTENCES.get(code, other)


def _recipient(opened: Opened, name: str) -> Recipient:
    one = opened.house.live().policy.recipients.get(name)
    if one is None:
        raise NotFound("recipient: expected one of the live policy, got another", hint="lockhouse recipient list")
    return one
