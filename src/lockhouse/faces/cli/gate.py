"""Who may go on with a command in the house that it opened, by `duties`; and the questions that are asked meanwhile.

A question is answered in the console, which another process serves: so the house is closed while it waits.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, Protocol

from lockhouse.access.acting import acting
from lockhouse.access.step_up import need_of
from lockhouse.client.tokens import FILE, VARIABLE
from lockhouse.errors import Invalid, NotSignedIn, Refused, Unproven
from lockhouse.faces.cli import duties
from lockhouse.faces.cli.own_files import kept, session_file
from lockhouse.faces.cli.who import Who
from lockhouse.flows import device, session
from lockhouse.flows import token as tokens
from lockhouse.gates.staff.read import accounts
from lockhouse.gates.tokens import Refusal
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.faces.cli.duties import Typed
    from lockhouse.faces.cli.terminal import Terminal
    from lockhouse.flows.session import Live
    from lockhouse.gates.house import House
    from lockhouse.gates.tokens import Bearer
    from lockhouse.wiring import Opened

HERE = "127.0.0.1"
"""From where a token comes that is used on this machine."""
AS = "--as"


class Calling(Protocol):
    """A call, as far as it matters here (`call.Call`)."""

    @property
    def terminal(self) -> Terminal: ...  # noqa: D102
    @property
    def environment(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def cwd(self) -> Path: ...  # noqa: D102
    @property
    def json(self) -> bool: ...  # noqa: D102
    @property
    def typed(self) -> Typed: ...  # noqa: D102
    @property
    def local(self) -> bool: ...  # noqa: D102


class Waiting(NamedTuple):
    """A question that a member has not answered yet: its secret, and how long (ms) nothing is asked."""

    secret: str
    interval_ms: int


def user() -> str:
    """This account of the machine, as the ledger calls it."""
    return f"os-user:{os.getuid()}"


async def has_staff(house: House) -> bool:
    """Whether anybody has ever enrolled: nobody is made to count less by disabling them.

    Raises:
        Tampered: an account was not made, or not left, as this house made it.
    """
    return any(row.active_at is not None for row in await accounts(house))


async def who_acts(call: Calling, opened: Opened, waiting: Waiting | None) -> Who | Waiting:
    """Who does this command; or what is waited for, behind which this is asked again.

    Raises:
        NotSignedIn: it takes a member, and nobody is signed in here; or the token does not stand.
        ActingRefused: a role was named, in a house whose members act as themselves.
        Refused: it is not theirs to do, or the member refused it.
        Unproven: nobody confirmed it in time.
        Tampered: a row was not made, or not left, as this house made it.
    """
    house, name = opened.house, call.typed.name
    says_role = any(word == AS or word.startswith(f"{AS}=") for word in call.typed.words)
    if name in duties.ALONE and not says_role:
        return Who()
    text = None if name in duties.ALONE else _token(call)
    if text is not None:
        return await _by_token(house, name, text)
    if not await has_staff(house) or (house.demo and says_role):
        return Who()
    if says_role:
        acting(os.getuid(), "", roles=(), has_staff=True)
    if call.local:
        return _on_the_machine(name)
    live = await signed_in(call, opened)
    if live is None:
        if house.demo:
            return Who()
        local = ", or --local where the machine does it" if name in duties.LOCAL else ""
        raise NotSignedIn(
            "sign-in: expected a member who is signed in on this command line, got none", reasons=("not-signed-in",),
            hint=f"lockhouse sign-in{local}; scripts: LOCKHOUSE_TOKEN or --token-file",
        )  # fmt: skip
    if name in duties.READS:
        _require(house, live, duties.READS[name])
    return await _proven(call, opened, live, waiting)


def _on_the_machine(name: str) -> Who:
    if name not in duties.LOCAL:
        told = f"--local: expected one of {', '.join(sorted(duties.LOCAL))}, got another"
        raise Refused(told, reasons=("not-on-the-machine",), hint="lockhouse sign-in")
    return Who(kind="machine")


async def signed_in(call: Calling, opened: Opened) -> Live | None:
    """Who is signed in here; None if nobody is any more.

    Raises:
        Refused: the file is not this user's alone.
        Tampered: a row was not made, or not left, as this house made it.
    """
    place = session_file(call.environment, opened.settings.house)
    secret = None if place is None else kept(place, where="the sign-in's file")
    return None if secret is None else await session.of(opened.house, secret, user=user())


def _require(house: House, live: Live, permission: str) -> None:
    policy = house.live_policy.policy if house.live_policy else None
    if policy is None or not permits(policy, tuple(live.roles), permission):
        raise Refused(
            f"{permission}: expected a role that may, got none of yours", reasons=("no-permission",),
            hint="lockhouse policy show says which roles may; an admin gives one by `lockhouse staff role give`",
        )  # fmt: skip


async def _proven(call: Calling, opened: Opened, live: Live, waiting: Waiting | None) -> Who | Waiting:
    """The member, once they confirmed what needs it in the console."""
    house, typed = opened.house, call.typed
    action = duties.action_of(typed, special=_special(house))
    at, now = live.session.step_up_at or None, house.clock.now_ms()
    if action is None:
        return Who(kind="member", live=live, proven_at=at)
    need = need_of(action)
    if not need.bound and at is not None and 0 <= now - at < need.max_age_ms:
        return Who(kind="member", live=live, proven_at=at)
    meant = duties.meant(typed, action)
    if waiting is None:
        asked = await device.ask_for(house, live.session, user=user(), meant=meant, words=typed.text)
        tell(call, opened, asked.code, asked.until_at, why="Confirm this in the console")
        return Waiting(asked.secret, asked.interval_ms)
    told = await device.meant(house, live.session, waiting.secret, user=user(), deed=meant)
    if told.word == "confirmed":
        return Who(kind="member", live=live, proven_at=now)
    require_waits(told.word)
    return Waiting(waiting.secret, told.interval_ms)


def _special(house: House) -> set[str]:
    """The special fields of the live policy."""
    fields = house.live_policy.policy.fields if house.live_policy else {}
    return {name for name, field in fields.items() if field.special}


def require_waits(word: str) -> None:
    """Nothing, while it may still be answered.

    Raises:
        Refused: the member refused it. Unproven: nobody answered in time.
    """
    if word == "refused":
        raise Refused("console: expected it to be confirmed, got a refusal", reasons=("refused-there",))
    if word == "over":
        raise Unproven("console: expected an answer within ten minutes, got none", hint="begin again")


def tell(call: Calling, opened: Opened, code: str, until_at: int, *, why: str) -> None:
    """Whoever sits here reads where to go and which code to type there; a script reads one JSON value."""
    # Imported here: the layout is wanted by few calls at this place.
    from lockhouse.faces.cli.layout import json_text, when  # noqa: PLC0415

    url = f"{opened.settings.console_url.rstrip('/')}/device"
    if call.json:
        call.terminal.tell(json_text({"asks": {"url": url, "code": code, "until": until_at}}))
        return
    serving = "\nNo console runs just now: lockhouse serve" if opened.alone else ""
    call.terminal.tell(f"{why}: {url}\n\n    {code}\n\nIt counts once, until {when(until_at)}.{serving}")


def _token(call: Calling) -> str | None:
    """The text of the service token that a script hands over: by the environment, or by a file of its own.

    Raises:
        Refused: others may read the file.
        Invalid: there is none of that name.
    """
    named = call.environment.get(FILE, "")
    text = call.environment.get(VARIABLE, "").strip()
    if text or not named:
        return text or None
    text = kept(call.cwd / named, where="token file") or ""
    if not text:
        raise Invalid("token file", "a file with a token", got="none")
    return text


async def _by_token(house: House, name: str, text: str) -> Who:
    """The token, if it stands and the command is one for tokens; what it may do there, `acting` asks."""
    found = await tokens.shown(house, text, network=HERE)
    if isinstance(found, Refusal):
        raise NotSignedIn(
            "token: expected one that stands, and may come from this machine, got another", reasons=("no-token",),
            hint="lockhouse token list",
        )  # fmt: skip
    action, known = duties.PROVEN.get(name), {*duties.READS, *duties.THEMSELVES} - duties.A_PERSONS
    if name not in known or action not in {None, *duties.BY_TOKEN}:
        raise Refused("token: expected a command that a token may give, got one for a person", reasons=("a-person",))
    if name in duties.READS:
        _require_token(house, found, duties.READS[name])
    return Who(kind="token", bearer=found)


def _require_token(house: House, token: Bearer, permission: str) -> None:
    if not tokens.may(house.live().policy, token, permission):
        raise Refused(f"{permission}: expected a token that may, got one without", reasons=("no-permission",))
