"""`lockhouse channel …`: write keys made and shown once, and what each channel sends that is not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.errors import Invalid, NotFound
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, Input, noun
from lockhouse.faces.cli.commands.tail import line
from lockhouse.faces.cli.held import held_text, replay_hint
from lockhouse.faces.cli.hooks import delivered, take_secret
from lockhouse.faces.cli.joining import first, join, nothing_came, require_kind, require_may_watch, require_minutes
from lockhouse.faces.cli.layout import Said, assurance, count, pairs, plain, table, when
from lockhouse.flows.channel import (
    credentials_for,
    credentials_of,
    end_credential,
    living_credential,
    make_credential,
    sample_event,
)
from lockhouse.flows.observed import NotKept, dropped_by_channel, drops_of, is_event, not_kept_of, waiting
from lockhouse.gates.credentials import lives
from lockhouse.gates.quarantine import Waiting
from lockhouse.model.rows import Drop
from lockhouse.policy.sentences import TRIAL, not_kept
from lockhouse.settings import collect_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.faces.cli.call import Call
    from lockhouse.model.policy import Channel
    from lockhouse.secret import Secret
    from lockhouse.wiring import Opened

APP = noun("channel", "The ways in: their write keys, and what they send that is not kept.")
FIRST = "first-{}-1"
"""The message id of the event by hand through a channel, so that it can be asked for."""
READ = "read -rs KEY"
"""Stands alone: whatever is pasted together with it would be taken for the key."""
SAMPLE = {"email": "anna@customer.example", "order_id": "A-1"}
PAGELESS = (
    "No page may send with it yet: list your sites in the policy under the channel's `origins`, such as\n"
    "https://shop.example, and approve it. Until then what a page sends is refused (LH-1103)."
)
WEAKNESS = {
    "public": "Anyone can read its key in the page: events may be made up, so they neither widen a consent nor prove "
    "an identifier.",
    "secret": "Whoever holds its key can send as this channel: keep it in a secret store, never in a page or an app.",
    "signed": "The sender's signature decides; the key is held by the provider.",
}


@APP.command
async def add(  # noqa: PLR0913  (options of one command)
    name: str, secret: Input = None, /, *, kind: str | None = None, given: bool = False, wait: int | None = None,
    acting: As | None = None, call: Here,
) -> Said:  # fmt: skip
    """Make a write key for a channel that the live policy has. It is shown once and stored as a keyed hash.

    For example `lockhouse channel add web`; or, for deliveries of a provider, `lockhouse channel add newsletter --kind
    mailgun`, and once the policy is approved, `lockhouse channel add newsletter --wait 30`.

    A channel that a provider delivers to gets the provider's secret instead, which is stored sealed. A second time it
    gets one more beside the first. `lockhouse channel rotate` does both and gives the old one an end.

    Args:
        name: of the channel, as in the policy.
        secret: `-` reads the provider's secret from standard input; without it the house asks for it, or makes one, as
            the channel's kind has it.
        kind: of the provider; where the policy does not have the channel, its lines are written into the draft.
        given: ask for the provider's secret where the house would make one.
        wait: minutes to wait for the first event, and tell what became of it.
        acting: the role.
    """
    if kind is not None:
        require_kind(kind)
    require_minutes(wait)
    async with call.open() as opened:
        actor = allowed(opened.house, "channel.add", (acting or As()).role)
        if kind is not None and name not in opened.house.live().policy.channels:
            return join(opened, name, kind, call=call)
        if kind not in {None, theirs := _added(opened, name).kind}:
            raise Invalid("--kind", f"{theirs}, which the channel is of in the live policy", got="another")
        if wait is not None:
            require_may_watch(opened.house, (acting or As()).role)
        since = opened.house.clock.now_ms()
        if (hooked := delivered(opened, name)) is not None:
            source = "ask" if given and secret is None else secret
            said = await take_secret(opened, hooked, source=source, by=actor.id, call=call)
        elif secret is not None or given:
            raise Invalid(f"channel {name}", "a channel that a provider delivers to", got="one with write keys")
        else:
            said = made(new_key(opened, name, await make_credential(opened.house, name, by=actor.id)), call=call)
    return said if wait is None else await _waited(said, name, since=since, minutes=wait, call=call)


def _added(opened: Opened, name: str) -> Channel:
    """The channel of this name.

    Raises:
        NotFound: the live policy has none; it says how one comes into it.
    """
    try:
        return _channel(opened, name)
    except NotFound as err:
        hint = "add it to the policy first; of a provider's channel --kind KIND writes the lines into the draft"
        raise NotFound(err.text, hint=f"{err.hint}; {hint}") from err


async def _waited(said: Said, name: str, *, since: int, minutes: int, call: Call) -> Said:
    """What was told, at once; then what becomes of the first event. What was made is told whatever comes."""
    if not call.json:
        call.terminal.say(said.text)
        call.terminal.tell(f"\nWaiting {count(minutes, 'minute')} for the first event; Ctrl-C ends the wait alone.")
    waited = await first(call, name, since=since, minutes=minutes)
    came = waited.answer
    text = line(came) if came is not None else call.located(nothing_came(name, waited, minutes=minutes))
    return Said(said.value | {"first": None if came is None else plain(came)}, f"\n{text}")


def new_key(opened: Opened, name: str, new: Secret) -> dict[str, Any]:
    """A new write key as it is told, this once."""
    channel = opened.house.live().policy.channels[name]
    return {
        "channel": name, "key": new.reveal().decode(),  # house: allow no-reveal: a new key is shown this once
        "address": collect_url(opened.settings), "assurance": channel.assurance_key,
        "event": sample_event(channel), "pageless": channel.pageless,
    }  # fmt: skip


def made(value: dict[str, Any], *, call: Call) -> Said:
    """A key that is shown this once, with what to do with it."""
    return Said(value, call.located(_shown(value)))


def _shown(value: dict[str, Any]) -> str:
    name, key, address, event, assured = (value[one] for one in ("channel", "key", "address", "event", "assurance"))
    first = FIRST.format(name)
    told = {"messageId": first, "userId": "customer-1", "event": event, "properties": SAMPLE}
    sample = msgspec.json.encode(told).decode()
    # Only who holds a secret key is told what became of each event.
    prefer = " -H 'Prefer: return=representation'" if assured == "secret" else ""
    return "\n".join([
        f"A {assured} write key for {name}, shown this once:",
        "",
        f"  {key}",
        "",
        *([PAGELESS, ""] if value["pageless"] else []),
        *(f"  {line}" for line in _snippet(value)),
        "",
        "One event by hand. So that the key stays out of the shell's history, type this line alone, paste the key and",
        "press Enter; nothing is shown:",
        "",
        f"  {READ}",
        "",
        "Then:",
        "",
        f"  curl -sS -u \"$KEY\": {address}/v1/track -H 'content-type: application/json'{prefer} -d '{sample}'",
        "",
        f"While the house is served, `lockhouse tail --channel {name}` follows along. What became of this one:",
        "",
        f"  lockhouse why {first}",
    ])  # fmt: skip


def _origins(value: dict[str, Any]) -> str:
    """Whose pages may send; a secret key is in no page, and is not asked where it comes from."""
    if value["assurance"] != "public":
        return "not asked for"
    return ", ".join(value["origins"]) or "none: pages are refused"


def _snippet(value: dict[str, Any]) -> list[str]:
    """Six lines for whoever looks after the sending system."""
    key, address, event = value["key"], value["address"], value["event"]
    if value["assurance"] == "public":
        return [
            "import { AnalyticsBrowser } from '@segment/analytics-next'",
            "const analytics = AnalyticsBrowser.load({",
            f"  writeKey: '{key}',",
            f"  cdnURL: '{address}',   // it asks there where to send to",
            "})",
            f"analytics.track('{event}', {SAMPLE})",
        ]
    return [
        "import segment.analytics as analytics",
        f"analytics.write_key = '{key}'",
        f"analytics.host = '{address}'",
        f"analytics.track('customer-1', '{event}', {SAMPLE})",
        "analytics.flush()",
        "# pip install segment-analytics-python",
    ]


@APP.command(name="list")
async def list_(*, call: Here) -> Said:
    """Every channel of the live policy, with its keys and what was not kept."""
    async with call.open() as opened:
        live = opened.house.live()
        keys, now = await credentials_of(opened.house), opened.house.clock.now_ms()
        dropped = await dropped_by_channel(opened.house)
    rows: list[tuple[Any, ...]] = []
    for name, one in live.policy.channels.items():
        living = sum(lives(row, now) for row in keys.get(name, ()))
        left = dropped.get(one.id, NotKept())
        kind = kind_of(one.kind, served=one.served)
        rows.append((name, kind, one.assurance_key or "signed", one.stage.name.lower(), living, *left))
    return listed(rows)


LISTED = ("name", "kind", "assurance", "stage", "keys", "dropped", "unknown_events")


def kind_of(kind: str, *, served: bool) -> str:
    """The kind of a channel or recipient, and whether this build serves it."""
    return kind if served else f"{kind} (not served)"


def listed(rows: Sequence[tuple[Any, ...]]) -> Said:
    """Channels as they were told, each part in the order of `LISTED`."""
    heads = ("channel", "kind", "assurance", "stage", "keys", "fields dropped", "unknown events")
    value = [dict(zip(LISTED, row, strict=True)) for row in rows]
    return Said(value, table(heads, rows, empty="the live policy has no channel"))


@APP.command
async def show(name: str, /, *, call: Here) -> Said:
    """One channel: what it may send and do, its keys by their first characters, and its known weakness.

    Args:
        name: of the channel.
    """
    async with call.open() as opened:
        channel = _channel(opened, name)
        keys, now = await credentials_for(opened.house, name), opened.house.clock.now_ms()
        held = await waiting(opened.house, channel.id)
    value = {
        "name": name, "kind": channel.kind, "served": channel.served, "assurance": channel.assurance_key or "signed",
        "stage": channel.stage.name.lower(), "events": list(channel.events), "origins": list(channel.origins),
        "proves": list(channel.proves), "map": channel.map, "quarantine": held._asdict(),
        "keys": [
            {
                "begins": one.shown, "assurance": assurance(one.assurance), "live": lives(one, now),
                "made_at": one.created_at, "until_at": one.until_at,
            }
            for one in keys
        ],
    }  # fmt: skip
    return whole(value, call=call)


def whole(value: dict[str, Any], *, call: Call) -> Said:
    """One channel as it was told, with its known weakness."""
    told = {
        "kind": value["kind"] if value["served"] else f"{value['kind']}, not served by this build",
        "assurance": value["assurance"],
        "stage": f"trial, which {TRIAL}" if value["stage"] == "trial" else value["stage"],
        "events": ", ".join(value["events"]),
        "origins": _origins(value),
        "proves": ", ".join(value["proves"]) or "nothing",
        "weakness": WEAKNESS[value["assurance"]],
        "quarantine": held_text(Waiting(**value["quarantine"])),
    }
    rows = [
        (
            f"{one['begins']}…", one["assurance"], "live" if one["live"] else "ended", when(one["made_at"]),
            when(one["until_at"]),
        )
        for one in value["keys"]
    ]  # fmt: skip
    empty = call.located(f"no key yet: lockhouse channel add {value['name']}")
    keys = table(("key", "assurance", "state", "made", "until"), rows, empty=empty)
    return Said(value | {"weakness": told["weakness"]}, f"{pairs(told)}\n\n{keys}")


@APP.command
async def revoke(name: str, begins: str, /, *, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """End a write key for good: who sends with it is refused from now on, in every process. Noted in the ledger.

    For example `lockhouse channel revoke shop lhs_Ab3d`.

    Args:
        name: of the channel.
        begins: the key's first characters, all that `channel show` prints of it.
        yes: do not ask, though it is the last one that lives.
        acting: the role.
    """
    async with call.open() as opened:
        actor = allowed(opened.house, "channel.revoke", (acting or As()).role)
        await living_credential(opened.house, name, begins)  # before anything is asked
        if await _living(opened, name) == 1:
            call.sure(last_one(name), name, yes=yes)
        row = await end_credential(opened.house, name, begins, by=actor.id)
        left = await _living(opened, name)
    return ended({"channel": name, "begins": row.shown, "until_at": row.until_at, "left": left}, call=call)


def last_one(name: str) -> str:
    """What ending the last key does."""
    return f"It is the last live key of {name}: who sends with it is refused from then on."


def ended(told: dict[str, Any], *, call: Call) -> Said:
    """A write key that was ended."""
    name, left = told["channel"], told["left"]
    text = f"Ended: {told['begins']}…. {count(left, 'key')} of {name} still live."
    more = f"\nA new one: lockhouse channel add {name}" if not left else ""
    return Said(told, call.located(text + more))


@APP.command
async def drops(name: str, /, *, call: Here) -> Said:
    """What a channel sent that was not kept: paths, reasons and counts, never a value.

    Events that the policy does not name are counted as such, without their names, which can be values. Stage `observe`
    tells the names of both, of a channel with a secret key, once five senders sent them: `lockhouse channel observed`.

    Args:
        name: of the channel.
    """
    async with call.open() as opened:
        channel = _channel(opened, name)
        found, held = await drops_of(opened.house, channel.id), await waiting(opened.house, channel.id)
    value = [plain(row) | {"channel": name, "sentence": not_kept(row.reason)} for row in found]
    return left_out(name, value, held, call=call)


def left_out(name: str, value: list[dict[str, Any]], held: Waiting, *, call: Call) -> Said:
    """What was not kept, as it was told, the most frequent first; and what waits."""
    found = [Drop(0, *(one[word] for word in ("path", "reason", "count", "first_at", "last_at"))) for one in value]
    order = sorted(range(len(found)), key=lambda at: (-found[at].count, found[at].path, found[at].reason))
    value, found = [value[at] for at in order], [found[at] for at in order]
    rows = [
        ("the event" if is_event(row) else row.path, row.reason, f"{row.count:,}", when(row.first_at),
         when(row.last_at))
        for row in found
    ]  # fmt: skip
    codes = sorted({row.reason for row in found if not_kept(row.reason)})
    legend = "".join(f"\n  {code}: {not_kept(code)}" for code in codes)
    told = table(("path", "reason", "count", "since", "last"), rows, empty="nothing was dropped")
    many = not_kept_of(found)
    parts = [count(many.fields, "field")] * bool(many.fields) + [count(many.events, "event")] * bool(many.events)
    total = f"\n\n{' and '.join(parts)} not kept.{legend}" if found else ""
    return Said(value, call.located(told + total + replay_hint(name, held)))


APP.command("lockhouse.faces.cli.commands.channel_observed:observed", name="observed")
APP.command("lockhouse.faces.cli.commands.channel_rotate:rotate", name="rotate")
APP.command("lockhouse.faces.cli.commands.channel_replay:replay", name="replay")
APP.command("lockhouse.faces.cli.commands.channel_test:deliver", name="test")
APP.command("lockhouse.faces.cli.commands.pausing:pause_channel", name="pause")
APP.command("lockhouse.faces.cli.commands.pausing:resume_channel", name="resume")


async def _living(opened: Opened, name: str) -> int:
    now = opened.house.clock.now_ms()
    return sum(lives(one, now) for one in await credentials_for(opened.house, name))


def _channel(opened: Opened, name: str) -> Channel:
    channel = opened.house.live().policy.channels.get(name)
    if channel is None:
        raise NotFound("channel: expected a channel of the live policy, got another", hint="lockhouse channel list")
    return channel
