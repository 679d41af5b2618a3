"""The ways in: whether each works, what it sends that is not kept, and its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from lockhouse.errors import Conflict, Invalid, NotFound
from lockhouse.faces.console.charts import stacked
from lockhouse.faces.console.confirming import STEP, Asked, confirmed
from lockhouse.faces.console.current import house_of, shown, signed_in
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.reasons import why
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.times import ago, clock
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import channel as flow
from lockhouse.flows import observed as seen
from lockhouse.flows.pulse import HOURS, Pulse, pulses
from lockhouse.gates.credentials import OVERLAP_HOURS, lives
from lockhouse.gates.pauses import pauses
from lockhouse.gates.pulse import HOUR_MS
from lockhouse.model.scale import Stage
from lockhouse.policy.suggest import Sighting, render, suggest

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from lockhouse.faces.console.current import Me
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Channel
    from lockhouse.model.rows import Credential, Drop

HERE: Final = "/channels"
MOST_DROPS: Final = 50
"""Paths that a page lists, those dropped most often first; the rest is counted."""
MOST_LACKING: Final = 1_000
"""Observed paths that a page makes lines of a policy for, the most frequent: as many as a process counts."""
_LEVELS: Final = {"public": 1, "secret": 2, None: 3}


@signed_in
async def channels(request: Request, me: Me) -> Response:
    """Every channel of the policy that rules."""
    require(request, me, "channel.list")
    house, _ = house_of(request), text_of(request)
    return shown(request, me, "channels.html", here=HERE, channels=await lines(house, _))


async def lines(house: House, _: Callable[[str], str]) -> list[dict[str, object]]:
    """Every channel as a table has it; of a house without a policy none."""
    policy = house.live_policy.policy if house.live_policy else None
    known = list(policy.channels.values()) if policy else []
    found, now = await pulses(house, [one.id for one in known]), house.clock.now_ms()
    stopped = await pauses(house, "channel", [one.id for one in known])
    return [_line(one, found[one.id], now=now, _=_) | _service(one.id in stopped) for one in known]


def _service(is_paused: bool) -> dict[str, object]:  # noqa: FBT001  # what it is told
    """A channel that was taken out of service is not called silent."""
    return {"paused": True, "silent": None} if is_paused else {"paused": False}


def _line(one: Channel, pulse: Pulse, *, now: int, _: Callable[[str], str]) -> dict[str, object]:
    return {
        "name": one.name, "served": one.served, "last": ago(pulse.last_at, now, _) if pulse.last_at else "",
        "silent": pulse.silent_since, "chart": stacked([*map(_drawn, pulse.hours)], whole=True),
        "assurance": assurance(one, _),
        "level": _LEVELS[one.assurance_key], "stage": _stages(_)[one.stage],
        **{word: pulse.total(word) for word in ("stored", "trimmed", "refused")}, "held": _held(pulse),
    }  # fmt: skip


def _drawn(hour: dict[str, int]) -> dict[str, int]:
    """An hour as a chart has it: what is observed is held, of which nothing is kept."""
    return hour | {"held": hour.get("held", 0) + hour.get("observed", 0)}


def _held(pulse: Pulse) -> int:
    return pulse.total("held") + pulse.total("observed")


def assurance(one: Channel, _: Callable[[str], str]) -> str:
    """How sure it is who sends, in a word."""
    return {"public": _("public"), "secret": _("secret"), None: _("signed")}[one.assurance_key]


def _stages(_: Callable[[str], str]) -> dict[Stage, str]:
    return {Stage.OBSERVE: _("observe"), Stage.TRIAL: _("trial"), Stage.LIVE: _("live")}


def channel_of(request: Request) -> Channel:
    """The channel that an address names.

    Raises:
        Turned: the policy that rules has none of this name.
    """
    live = house_of(request).live_policy
    found = live.policy.channels.get(request.path_params["channel"]) if live else None
    if found is None:
        raise Turned("LH-3004")
    return found


@signed_in
async def channel(request: Request, me: Me) -> Response:
    """One channel."""
    require(request, me, "channel.show")
    return await page(request, me, channel_of(request))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a deed: that it was done, and what takes it back; or why not."""

    done: str = ""
    undo: str = ""
    wrong: str = ""


def changed(_: Callable[[str], str]) -> Result:
    """What is told of a deed that somebody else was quicker with."""
    return Result(wrong=_("It changed meanwhile: nothing was done. Look again."))


async def page(request: Request, me: Me, one: Channel, *, result: Result | None = None) -> Response:
    """A channel's page, with what became of the deed that led there."""
    result = result or Result()
    house, _ = house_of(request), text_of(request)
    pulse, now = (await pulses(house, [one.id]))[one.id], house.clock.now_ms()
    may_drops, stopped = me.may(house, "channel.drops"), await pauses(house, "channel", [one.id])
    keys = await flow.credentials_for(house, one.name)
    return shown(
        request, me, "channel.html", here=HERE, status=409 if result.wrong else 200, result=result,
        paused=stopped.get(one.id),
        one=_line(one, pulse, now=now, _=_) | _sheet(one, _) | _service(one.id in stopped), stage=int(one.stage),
        chart=stacked([*map(_drawn, pulse.hours)], usual=pulse.usual), hours=_axis(now), peak=_peak(pulse, now),
        pulse=pulse, keys=[_key(row, now) for row in sorted(keys, key=lambda row: -row.created_at)],
        waiting=await seen.waiting(house, one.id), may_drops=may_drops,
        drops=await _drops(house, one, pulse, _=_) if may_drops else None,
        lack=await _lack(house, one) if me.may(house, "channel.observed") else "",
        may={word for word in ("add", "pause", "revoke", "rotate", "tail") if me.may(house, f"channel.{word}")},
    )  # fmt: skip


def _sheet(one: Channel, _: Callable[[str], str]) -> dict[str, object]:
    """What a channel may do, and what it must not be trusted with."""
    is_public = one.assurance_key == "public"
    weak = {
        "public": _("Anyone can read its key in the page, so a script can make events up. They stay claimed."),
        "secret": _("Whoever holds its key can send as this channel. Keep it in a secret store, never in a page."),
        None: _("The sender's signature decides. The key for it lies with the provider."),
    }[one.assurance_key]
    trust = {
        "public": _("anyone can send under this key"), "secret": _("whoever holds the key sends"),
        None: _("each message is signed by its sender"),
    }[one.assurance_key]  # fmt: skip
    return {
        "kind": one.kind, "trust": trust, "weak": weak, "is_public": is_public, "pageless": one.pageless,
        "is_signed": one.served and one.assurance_key is None,
        "origins": ", ".join(one.origins), "proves": ", ".join(one.proves), "events": list(one.events),
    }  # fmt: skip


def _axis(now: int) -> list[str]:
    """What stands under the chart: four times of the day, and now."""
    whole = now - now % HOUR_MS
    return [clock(whole - back * HOUR_MS) for back in (HOURS - 1, 18, 12, 6)]


def _peak(pulse: Pulse, now: int) -> tuple[str, int]:
    """The busiest hour, and its events."""
    sums = [sum(hour.values()) for hour in pulse.hours]
    most = max(sums)
    return clock((now // HOUR_MS - (HOURS - 1 - sums.index(most))) * HOUR_MS), most


def _key(row: Credential, now: int) -> dict[str, object]:
    return {"begins": row.shown, "live": lives(row, now), "made": row.created_at, "until": row.until_at}


async def _drops(house: House, one: Channel, pulse: Pulse, *, _: Callable[[str], str]) -> dict[str, object]:
    rows = sorted(await seen.drops_of(house, one.id), key=lambda row: (-row.count, row.path, row.reason))
    many = seen.not_kept_of(rows)
    return {
        "rows": [_drop(row, _) for row in rows[:MOST_DROPS]], "more": max(0, len(rows) - MOST_DROPS),
        "fields": many.fields, "events": many.events, "since": min((row.first_at for row in rows), default=None),
        "silent": pulse.silent_since,
    }  # fmt: skip


def _drop(row: Drop, _: Callable[[str], str]) -> dict[str, object]:
    path = _("the whole event") if seen.is_event(row) else row.path
    return {"path": path, "count": row.count, "why": why(row.reason, _), "last": row.last_at}


async def _lack(house: House, one: Channel) -> str:
    """What the policy would need, as YAML, for what the channel was seen to send while it observed."""
    found = sorted((await seen.observed(house, one.id)).seen, key=lambda sight: -sight.count)[:MOST_LACKING]
    if not found:
        return ""
    policy = house.live().policy
    lack = suggest(policy, one, [Sighting(sight.event, sight.keys, sight.shape, sight.count) for sight in found])
    return render(lack, one) if lack.fields or lack.events or lack.left else ""


@signed_in
async def make_key(request: Request, me: Me) -> Response:
    """A new write key, shown once; those before it go on until they are ended."""
    require(request, me, "channel.add")
    one, fields, _ = channel_of(request), await posted(request, optional=STEP), text_of(request)
    path = f"{HERE}/{one.name}"
    asked = Asked(
        action="channel-key-make", persons=(), deed=_("Make a new key for %(name)s") % {"name": one.name},
        effect=_("It is shown once. The key before it goes on, so that nothing is lost: end it once nobody uses it."),
        path=f"{path}/key", back=path, here=HERE,
    )  # fmt: skip
    try:
        question = await confirmed(request, me, asked, fields)
        if question is not None:
            return question
        secret = await flow.make_credential(house_of(request), one.name, by=me.actor)
    except Invalid:
        return await page(request, me, one, result=Result(wrong=_unkeyed(_)))
    except (Conflict, NotFound):
        return await page(request, me, one, result=changed(_))
    key = secret.reveal().decode()  # house: allow no-reveal: a new key is shown this once
    return shown(request, me, "channel_key.html", here=HERE, name=one.name, key=key, sheet=_sheet(one, _), ending=0)


@signed_in
async def rotate_key(request: Request, me: Me) -> Response:
    """A new write key, shown once; those before it are taken for a day yet."""
    require(request, me, "channel.rotate")
    one, fields, _ = channel_of(request), await posted(request, optional=STEP), text_of(request)
    path = f"{HERE}/{one.name}"
    effect = _("It is shown once. Those before it are taken for %(hours)s hours yet, and end by themselves.")
    asked = Asked(
        action="channel-key-rotate", persons=(), deed=_("Rotate the key of %(name)s") % {"name": one.name},
        effect=effect % {"hours": OVERLAP_HOURS}, path=f"{path}/rotate", back=path, here=HERE,
    )  # fmt: skip
    try:
        question = await confirmed(request, me, asked, fields)
        if question is not None:
            return question
        rotated = await flow.rotate_credential(house_of(request), one.name, overlap_hours=OVERLAP_HOURS, by=me.actor)
    except Invalid:
        return await page(request, me, one, result=Result(wrong=_unkeyed(_)))
    except (Conflict, NotFound):
        return await page(request, me, one, result=changed(_))
    key = rotated[0].reveal().decode()  # house: allow no-reveal: a new key is shown this once
    return shown(
        request, me, "channel_key.html", here=HERE, name=one.name, key=key, sheet=_sheet(one, _), ending=OVERLAP_HOURS
    )


def _unkeyed(_: Callable[[str], str]) -> str:
    return _("This channel has no key of ours: its sender signs. The secret is given on the house's machine.")


@signed_in
async def end_key(request: Request, me: Me) -> Response:
    """A write key is ended for good."""
    require(request, me, "channel.revoke")
    one, fields, _ = channel_of(request), await posted(request, "key", optional=STEP), text_of(request)
    house, path, begins = house_of(request), f"{HERE}/{one.name}", fields["key"]
    try:
        if len(begins) > flow.SHOWN:  # a whole key is a secret: it is said back to nobody
            return await page(request, me, one, result=changed(_))
        await flow.living_credential(house, one.name, begins)
        left, now = await flow.credentials_for(house, one.name), house.clock.now_ms()
        is_last = sum(lives(row, now) for row in left) == 1
        effect = _("Who sends with it is refused from then on, in every process. Nobody can bring it back.")
        last = _("It is the last one: nothing comes in through this channel until you make another.")
        asked = Asked(
            action="channel-key-end", persons=(), deed=_("End the key %(key)s…") % {"key": begins},
            effect=f"{effect} {last}" if is_last else effect, path=f"{path}/end", back=path, here=HERE, ends=True,
        )  # fmt: skip
        question = await confirmed(request, me, asked, fields)
        if question is not None:
            return question
        await flow.end_credential(house, one.name, begins, by=me.actor)
    except Invalid:
        many = _("Several keys begin so. End it on the machine, with the whole key: lockhouse channel revoke.")
        return await page(request, me, one, result=Result(wrong=many))
    except (Conflict, NotFound):
        return await page(request, me, one, result=changed(_))
    return await page(request, me, one, result=Result(done=_("Ended. Nobody sends with it any more.")))


ROUTES = [
    Route(HERE, channels, name="channels"),
    Route(f"{HERE}/{{channel}}", channel, name="channel"),
    Route(f"{HERE}/{{channel}}/key", make_key, methods=["POST"], name="channel-key-make"),
    Route(f"{HERE}/{{channel}}/rotate", rotate_key, methods=["POST"], name="channel-key-rotate"),
    Route(f"{HERE}/{{channel}}/end", end_key, methods=["POST"], name="channel-key-end"),
]
