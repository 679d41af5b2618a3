"""What waits for whoever looks, the most pressing first: only what their role can see to, or is told of.

Each of them is a bounded read: by a key, or of tables as small as a house's staff, tokens and channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lockhouse.access.sign_in import Means
from lockhouse.access.tokens import LIVE as TOKEN_LIVE
from lockhouse.access.tokens import decoded
from lockhouse.faces.console.beside import beside_of
from lockhouse.faces.console.current import house_of
from lockhouse.faces.console.pages.staff import is_reset_begun
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.times import clock, day_only, from_day
from lockhouse.flows import asked, hold, token
from lockhouse.gates import mail
from lockhouse.gates.authority import checked
from lockhouse.gates.holds import terms_of
from lockhouse.gates.live import PROPOSED as DRAFT
from lockhouse.gates.live import WAITING as COMING
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Asked, PolicyVersion, QueuedMail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from starlette.requests import Request

    from lockhouse.faces.console.current import Me
    from lockhouse.flows.staff import Known
    from lockhouse.gates.house import House

_PROPOSED, _ACTIVE = 0, 1
_ENOUGH = 2
"""Passkeys of one person, and people who may let others in: with fewer, the loss of one shuts somebody out."""
SOON_DAYS: Final = 14
"""A token or a contract that ends within these days is told of."""
_AHEAD: Final = 4
"""Versions behind the one that rules that are looked for: more wait nowhere."""
_ORDER: Final = ("refused", "now", "wait")
_MOST_MAILS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that waits for somebody.

    Attributes:
        due: by when, or since when; empty where no time presses.
        path, deed: where it is done, and what the button says.
        at: when it is due, ms; it orders those of one mark.
    """

    mark: str
    head: str
    words: str
    due: str = ""
    path: str = ""
    deed: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the overview has read already: staff, and the lines of channels and recipients."""

    everybody: Sequence[Known]
    channels: Sequence[Mapping[str, object]]
    recipients: Sequence[Mapping[str, object]]


async def needs(request: Request, me: Me, looked: Looked) -> list[Need]:
    """All that waits for whoever looks."""
    house, _ = house_of(request), text_of(request)
    found = [*_of_house(house, _), *_of_channels(looked, house.clock.now_ms(), _), *_of_recipients(looked, _)]
    found += [*_of_staff(house, me, looked.everybody, _), *_of_me(house, me, looked.everybody, _)]
    if looked.recipients and not await beside_of(request).works():
        found.append(Need(
            mark="now", head=_("Nothing is sent, and no ending goes on"),
            words=_("No worker of this house runs here. It starts with the house: lockhouse serve."),
        ))  # fmt: skip
    found += [one async for one in _stored(house, me, _)]
    found += [_passed_on(one, now=house.clock.now_ms(), _=_) for one in await _asked(house, me)]
    return sorted(found, key=lambda one: (_ORDER.index(one.mark), one.at))


def _of_house(house: House, _: Callable[[str], str]) -> Iterator[Need]:
    if house.live_policy is None:
        yield Need(
            mark="refused", head=_("No policy rules"),
            words=_("Nothing is stored until one is approved: lockhouse policy check, then lockhouse policy approve."),
        )  # fmt: skip
    if house.doubted:
        yield Need(
            mark="refused", head=_("Somebody stored a policy that nobody approved"),
            words=_("It rules nothing; the last approved one goes on. lockhouse ledger verify --state names it."),
        )  # fmt: skip
    if house.read_shut:
        yield Need(
            mark="refused", head=_("Nothing is shown or sent on"),
            words=_("The house was brought back without its journal, so what had ended may be readable again."),
        )  # fmt: skip


def _of_channels(looked: Looked, now: int, _: Callable[[str], str]) -> Iterator[Need]:
    for one in looked.channels:
        since = one["silent"]
        if isinstance(since, int):
            told = clock(since) if now - since < DAY_MS else day_only(since)
            yield Need(
                mark="now", head=_("%(name)s has sent nothing lately") % one, at=since,
                words=_("It sent at this hour yesterday and a week ago, where that is known."),
                due=_("since %(time)s") % {"time": told}, path=f"/channels/{one['name']}", deed=_("Look"),
            )  # fmt: skip


def _of_recipients(looked: Looked, _: Callable[[str], str]) -> Iterator[Need]:
    for one in looked.recipients:
        path = f"/recipients/{one['name']}"
        if one["is_late"]:
            yield Need(
                mark="now", head=_("%(name)s is behind") % one, path=path, deed=_("Look"),
                words=str(one["fault"]) or _("Its oldest event waits for longer than sending takes."),
                due=str(one["behind"]),
            )  # fmt: skip
        if one["dead"]:
            yield Need(
                mark="now", head=_("%(name)s has dead letters") % one, path=path, deed=_("Look"),
                words=_("They were refused for good, and wait for somebody to decide."),
            )  # fmt: skip


def _of_staff(house: House, me: Me, everybody: Sequence[Known], _: Callable[[str], str]) -> Iterator[Need]:
    now = house.clock.now_ms()
    for one in everybody if me.may(house, "staff.approve") else ():
        path = f"/staff/{one.row.id.hex()}"
        for role in one.roles:
            if role.state == _PROPOSED and one.row.id != me.id and role.proposed_by != me.actor:
                yield Need(
                    mark="wait", head=_("A role waits for a second person"),
                    words=f"{one.called.name}: {role.role}", path=path, deed=_("Look"),
                )  # fmt: skip
        if one.row.recovered_at is not None and one.row.id != me.id and one.row.state == _ACTIVE:
            yield Need(
                mark="wait", head=_("A recovery on the machine waits to be reviewed"), words=one.called.name,
                path=path, deed=_("Look"), due=_("since %(time)s") % {"time": day_only(one.row.recovered_at)},
            )  # fmt: skip
    for one in everybody if me.may(house, "staff.reset") else ():
        is_theirs = me.id == one.row.id or me.actor == one.row.by
        if is_reset_begun(one.row, now=now) and not is_theirs:
            yield Need(
                mark="wait", head=_("A reset waits for a second person"),
                words=f"{one.called.name}, {one.called.login}", path=f"/staff/{one.row.id.hex()}", deed=_("Look"),
            )  # fmt: skip


def _of_me(house: House, me: Me, everybody: Sequence[Known], _: Callable[[str], str]) -> Iterator[Need]:
    own = next(one for one in everybody if one.row.id == me.id)
    if sum(factor.kind == Means.PASSKEY for factor in own.factors) < _ENOUGH:
        yield Need(
            mark="now", head=_("You have one way in"), at=house.clock.now_ms(),
            words=_("A second passkey, on another device, keeps you from being shut out when the first is lost."),
            path="/account", deed=_("Add a passkey"),
        )  # fmt: skip
    if me.may(house, "staff.invite") and sum(one.row.state == _ACTIVE for one in everybody) < _ENOUGH:
        yield Need(
            mark="now", head=_("You are the only one who can sign in"), at=house.clock.now_ms(),
            words=_("What takes two people, such as a role that reads personal data, waits for a second one."),
            path="/staff", deed=_("Invite somebody"),
        )  # fmt: skip


async def _stored(house: House, me: Me, _: Callable[[str], str]) -> AsyncIterator[Need]:
    """What is read for this page alone: policies that wait, tokens that end, holds past their review, mail."""
    now = house.clock.now_ms()
    if house.live_policy is not None and me.may(house, "policy.approve"):
        for row in await _ahead(house):
            yield Need(
                mark="wait", head=_("Policy version %(version)s waits") % {"version": row.id}, at=row.at,
                words=_("for a second person") if row.state == DRAFT else _("for its time to come"),
                due=_("since %(time)s") % {"time": day_only(row.at)}, path=f"/policy/versions/{row.id}",
                deed=_("Look"),
            )  # fmt: skip
    if me.may(house, "token.list"):
        for token_row, _used in (await token.listed(house)).tokens:
            if token_row.state == TOKEN_LIVE and now < token_row.until_at < now + SOON_DAYS * DAY_MS:
                yield Need(
                    mark="now", head=_("The token %(name)s ends soon") % {"name": decoded(token_row.terms).name},
                    words=_("What uses it is refused from then on: lockhouse token rotate makes one in its place."),
                    due=_("on %(time)s") % {"time": day_only(token_row.until_at)}, at=token_row.until_at,
                )  # fmt: skip
    for held in await hold.unreviewed(house, now=now) if me.may(house, "hold.list") else ():
        terms = terms_of(held)
        yield Need(
            mark="now", head=_("A legal hold is past its review"), at=terms.review_at,
            words=_("It stands until somebody releases it: lockhouse hold review, or hold release."),
            due=_("since %(time)s") % {"time": day_only(terms.review_at)},
        )  # fmt: skip
    if me.may(house, "staff.invite"):
        lost = await house.reads.find(QueuedMail, ("state",), [(mail.GIVEN_UP,)], limit=_MOST_MAILS)
        if lost:
            yield Need(
                mark="now", head=_("Mail to staff was not taken"), at=now,
                words=_("%(n)s given up. See what the mail server says: lockhouse mail list.") % {"n": len(lost)},
            )  # fmt: skip


async def _asked(house: House, me: Me) -> list[Asked]:
    """What a provider passed on and nobody answered yet."""
    return await asked.waiting(house) if me.may(house, "request.list") else []


def _passed_on(one: Asked, *, now: int, _: Callable[[str], str]) -> Need:
    late, day = one.due_at <= now, {"time": day_only(one.due_at)}
    return Need(
        mark="now" if late else "wait", at=one.due_at,
        head=_("A request that a provider passed on is overdue") if late else _("A provider passed on a request"),
        words=_("Answer it, then settle it: lockhouse request asked, and lockhouse request settle."),
        due=_("since %(time)s") % day if late else _("until %(time)s") % day,
    )  # fmt: skip


async def _ahead(house: House) -> list[PolicyVersion]:
    """Versions that were proposed or approved behind the one that rules, and wait."""
    version = house.live().version
    numbers = {version + ahead for ahead in range(1, _AHEAD + 1)} - {*house.doubted}
    found = await house.reads.get(PolicyVersion, [(number,) for number in sorted(numbers)])
    return [row for row in checked(found.values(), house.integrity_key) if row.state in {DRAFT, COMING}]


async def next_due(house: House, me: Me, _: Callable[[str], str]) -> str:
    """What is due next, of what is not pressing yet; empty for nothing."""
    dates: list[tuple[int, str]] = []
    now = house.clock.now_ms()
    if me.may(house, "recipient.list") and house.live_policy:
        dates += [
            (at, _("the review of the contract with %(name)s") % {"name": one.name})
            for one in house.live_policy.policy.recipients.values()
            if one.review and (at := from_day(one.review)) is not None
        ]
    if me.may(house, "token.list"):
        dates += [
            (row.until_at, _("the end of the token %(name)s") % {"name": decoded(row.terms).name})
            for row, _used in (await token.listed(house)).tokens
            if row.state == TOKEN_LIVE
        ]
    at, what = min((one for one in dates if one[0] >= now), default=(0, ""))
    return _("The next thing due is %(what)s, on %(time)s.") % {"what": what, "time": day_only(at)} if what else ""
