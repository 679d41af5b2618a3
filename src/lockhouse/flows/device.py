"""A command line is let in by a member who is signed in to the console, or told that they mean one thing it does.

The command line asks, shows a code and polls; the member types the code, reads what asks, proves that they mean it, and
so confirms it. A sign-in gives it a session of its own, which counts for that account of the machine alone; a deed
gives it that member's word for that very command, once (`access.device`).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from lockhouse.access.device import INTERVAL_MS, LIFE_MS, is_to_answer, polled, shown, typed
from lockhouse.access.sessions import Limits, until
from lockhouse.access.step_up import action_hash, need_of
from lockhouse.access.throttle import Scope
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Conflict, Refused, Unproven
from lockhouse.gates.staff import devices, waits
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.devices import About, Request
from lockhouse.gates.staff.read import account, session_of
from lockhouse.gates.staff.sessions import Begin, Seen, begin
from lockhouse.gates.staff.steps import Meant

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.rows import Session

LIMITS = Limits()
SIGN_IN, WINDOW = "device-sign-in", "device-window"
AGENT = "command line"
MEANS = "device-code"
"""By what the ledger says that somebody signed in."""
_AGAIN = 5


class Asked(NamedTuple):
    """What a command line shows and keeps: the code for a person, its secret, and both times (ms)."""

    code: str
    secret: str
    until_at: int
    interval_ms: int = INTERVAL_MS


class Told(NamedTuple):
    """What a command line is told: a word, how long (ms) it waits before it asks again, and who confirmed."""

    word: Literal["waiting", "slow-down", "confirmed", "refused", "over"]
    interval_ms: int = INTERVAL_MS
    token: str = ""
    staff: bytes = b""


async def ask_in(house: House, *, user: str, staff: bytes = b"") -> Asked:
    """A command line asks to be signed in; by one member, if it says which.

    Raises:
        Unavailable: too many requests wait.
    """
    return await _asked(house, About(user, SIGN_IN, staff=staff))


async def ask_for(house: House, session: Session, *, user: str, meant: Meant, words: str) -> Asked:
    """A command line that is signed in asks its member whether they mean this very command.

    Args:
        house: as it stands.
        session: of the command line.
        user: the machine's account.
        meant: the action and its hash.
        words: the command as it was typed, for the member to read.

    Raises:
        Unavailable: as `ask_in`.
    """
    return await _asked(house, About(user, meant.action, words, session.staff, session.tag, meant.hash))


async def _asked(house: House, about: About) -> Asked:
    secret, code = await devices.asked(house, about)
    return Asked(shown(code), secret, house.clock.now_ms() + LIFE_MS)


async def look(house: House, session: Session, text: str) -> Request | None:
    """What a member's code leads to, if it is theirs to answer; a wrong one is counted, and waits grow.

    Raises:
        Paused: it comes within a wait; `retry_after_s` says how long that is.
        Tampered: a row was not made, or not left, as this house made it.
    """
    tally = {Scope.HERE: house.staff_keys.tag("device-tries", session.staff)}
    await waits.moved(house, tally, {Scope.HERE: "count"})
    code = typed(text)
    found = None if code is None else await devices.by_code(house, code)
    now = house.clock.now_ms()
    if found is None or not is_to_answer(found.asking, wanted=found.about.staff, member=session.staff, now=now):
        return None
    await waits.moved(house, tally, {Scope.HERE: "clear"})
    return found


def confirming(request: Request) -> Meant:
    """What a member proves to confirm this request, and no other."""
    about, own = request.about, request.row.tag.hex()
    action = about.action if need_of(about.action).bound else WINDOW
    return Meant(action, action_hash(action, fields=(own, about.bound.hex(), about.user)))


async def answer(house: House, session: Session, request: Request, *, confirmed: bool) -> None:
    """The member has answered; that they proved it is the caller's to see to.

    Raises:
        Conflict: it was answered or ran out meanwhile.
    """
    found: Request | None = request
    for _ in range(_AGAIN):  # the command line's own asking moves the row, too
        now = house.clock.now_ms()
        if found is None or not is_to_answer(found.asking, wanted=found.about.staff, member=session.staff, now=now):
            break
        with suppress(Conflict):
            await devices.answer(house, found, by=session.staff, level=session.level, confirmed=confirmed)
            return
        found = await devices.as_it_stands(house, request)
    raise Conflict("request: expected one that waits", hint="ask again on the command line")


async def signed_in(house: House, secret: str, *, user: str) -> Told:
    """What became of the sign-in that this command line asked for; once confirmed, its session's token.

    Raises:
        Unproven: the request is none of this account of the machine.
        Refused: the member is not active any more.
        Conflict: another process of the same account took the answer.
        Tampered: a row was not made, or not left, as this house made it.
    """
    told, request = await _polled(house, secret, user=user, action=SIGN_IN)
    if request is None or told.word != "confirmed":
        return told
    await devices.taken(house, request)
    whose = await account(house, request.by)
    if whose is None or whose.sessions_from >= request.at:
        raise Refused("sign-in: expected a member who may sign in", reasons=("not-active",), hint="lockhouse sign-in")
    how = Begin(MEANS, request.level, until(house.clock.now_ms(), limits=LIMITS), user=user)
    token, _ = await begin(house, whose, how, seen=Seen("", f"{AGENT}, {user}"))
    return told._replace(token=token, staff=whose.id)


async def meant(house: House, own: Session, secret: str, *, user: str, deed: Meant) -> Told:
    """What became of the question whether the member means a command; once confirmed, the answer is used up.

    What opens a window opens it in the command line's own session.

    Raises:
        Unproven: the request is none of this account, of this session, of this member, or for something else.
        Conflict: another process took the answer, or the session ended.
        Tampered: as `signed_in`.
    """
    told, request = await _polled(house, secret, user=user, action=deed.action)
    if request is None or told.word != "confirmed":
        return told
    if request.by != own.staff or not equal(request.row.session, own.tag) or not equal(request.about.bound, deed.hash):
        raise Unproven("confirmation: expected one of this member for this command", reasons=("another-action",))
    await devices.taken(house, request)
    if not need_of(deed.action).bound:
        await _window(house, own)
    return told._replace(staff=request.by)


async def _window(house: House, session: Session) -> None:
    row, deed = await session_of(house, session.tag), Deed(house)
    if row is None:
        raise Conflict("session: expected one that stands", hint="lockhouse sign-in")
    deed.set(msgspec.structs.replace(row, step_up_at=house.clock.now_ms()), was=row)
    await deed.done()


async def _polled(house: House, secret: str, *, user: str, action: str) -> tuple[Told, Request | None]:
    request = await devices.by_secret(house, secret)
    if request is None:
        return Told("over"), None
    if request.about.user != user or request.about.action != action:
        raise Unproven("request: expected one that this account of the machine made", hint="lockhouse sign-in")
    word, asking = polled(request.asking, now=house.clock.now_ms())
    told = Told(word, asking.interval_ms)
    if word in {"refused", "over"}:
        with suppress(Conflict):
            await devices.taken(house, request)
    elif word != "confirmed":
        with suppress(Conflict):  # it is being answered: the next time it is told
            await devices.moved(house, request, asking)
    return told, request
