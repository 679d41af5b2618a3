"""`lockhouse recipient …`: what was sent, what was held back and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from lockhouse.errors import NotFound
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.commands.channel import kind_of
from lockhouse.faces.cli.layout import Said, count, pairs, plain, table, when
from lockhouse.faces.serve.beside import HouseBeside
from lockhouse.faces.workers.sending import MOST_AWAY_S
from lockhouse.flows.forward import ANSWERED, BAD_ADDRESS, DEAD, HELD, NO_ANSWER, Delay, backlog, delay, requeue
from lockhouse.model.rows import Outbox
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.faces.cli.call import Call
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
        rows: list[tuple[Any, ...]] = []
        for name, one in policy.recipients.items():
            counts = await backlog(opened.house, name)
            kind = kind_of(one.kind, served=one.served)
            late = await delay(opened.house, name)
            fault = late.fault if late else None
            rows.append((name, kind, one.role, *(counts[word] for word in COUNTED), fault or "-"))
    return listed(rows)


def listed(rows: Sequence[tuple[Any, ...]]) -> Said:
    """Recipients as they were told, each part in the order of `HEADS`."""
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
        beside = HouseBeside(opened)
        counts = await backlog(opened.house, name)
        late = await delay(opened.house, name)
        said = waits(late, works=await beside.works(), now=opened.house.clock.now_ms())
        reasons: Counter[str] = Counter()
        for state in (HELD, DEAD):
            rows = await opened.house.reads.find(Outbox, ("recipient", "state"), [(one.id, state)], limit=1_000_000)
            reasons.update(row.reason or "unknown" for row in rows)
    value = {
        "name": name, "kind": one.kind, "served": one.served, "role": one.role, "address": one.url or one.path,
        "purposes": list(one.purposes), "fields": list(one.fields), "contract": one.contract, "region": one.region,
        "safeguard": one.safeguard, "review": one.review, "erase": one.erase, "key": beside.key_of(one), **counts,
        "reasons": dict(reasons), "oldest": plain(late), "said": said,
    }  # fmt: skip
    return whole(value, call=call)


def whole(value: dict[str, Any], *, call: Call) -> Said:
    """One recipient as it was told."""
    told = {
        "kind": value["kind"] if value["served"] else f"{value['kind']}, not served by this build",
        "role": value["role"], "address": value["address"] or "-", "purposes": ", ".join(value["purposes"]),
        "fields": ", ".join(value["fields"]), "contract": value["contract"] or "none",
        "region": value["region"] or "-", "safeguard": value["safeguard"] or "-",
        "review": value["review"] or "never", "write key": value["key"],
        "erasures reach it by": value["erase"] or "nothing", **{word: value[word] for word in COUNTED},
        **value["said"],
    }  # fmt: skip
    often = sorted(value["reasons"].items(), key=lambda one: -one[1])
    lines = [f"  {count(number, 'time')} {code}: {_sentence(code)}" for code, number in often]
    held = ["", "Held back or dead:", *lines] if lines else []
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
    return again(name, number)


APP.command("lockhouse.faces.cli.commands.pausing:pause_recipient", name="pause")
APP.command("lockhouse.faces.cli.commands.pausing:resume_recipient", name="resume")


def again(name: str, number: int) -> Said:
    """How many dead letters wait again."""
    text = f"{count(number, 'event')} will be sent again by `lockhouse serve`."
    return Said({"recipient": name, "requeued": number}, text)


def waits(late: Delay | None, *, works: bool, now: int) -> dict[str, str]:
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
