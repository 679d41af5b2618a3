"""Requests of a command line: two ceremonies, one by the secret that it keeps, one by the code that a person types.

The first holds what asks and how it was answered; the second leads to it and goes with the answer, so that a code is
answered once. Both stand as keyed tags, and both are moved under an expectation of what was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.access.device import ANSWERS, LIFE_MS, MOST_OPEN, RANDOM_BYTES, Asking, code_of
from lockhouse.crypto.signatures import equal
from lockhouse.crypto.staff import place
from lockhouse.errors import Unavailable
from lockhouse.gates.staff.ceremonies import DEVICE, DEVICE_CODE, NOTHING
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.read import ceremony_of
from lockhouse.gates.staff.tokens import new_token, token_tag
from lockhouse.model.rows import Ceremony

if TYPE_CHECKING:
    from lockhouse.crypto.canonical import Value
    from lockhouse.gates.house import House

_USER, _ACTION, _WORDS, _AT, _CODE, _ANSWER, _BY, _LEVEL, _POLLED, _INTERVAL = range(1, 11)
_DEVICE = 1


class About(NamedTuple):
    """What is asked for.

    Attributes:
        user: the machine's account that asks, as the ledger calls it.
        action: of `access.step_up`. `words`: the command as it was typed; empty for a sign-in.
        staff: whose answer counts; empty: anybody's. `session`: tag of the command line's session; empty: none yet.
        bound: hash of what is to be done, which the answer is for (32 bytes); of nothing for a sign-in.
    """

    user: str
    action: str
    words: str = ""
    staff: bytes = b""
    session: bytes = b""
    bound: bytes = NOTHING


class Request(NamedTuple):
    """A request as it stands.

    Attributes:
        row: by the command line's secret. `code_tag`: of the row that the code leads to.
        at: when it was made (ms).
        by: who answered it; empty: nobody. `level`: how sure they were signed in.
    """

    row: Ceremony
    about: About
    code_tag: bytes
    at: int
    asking: Asking
    by: bytes = b""
    level: int = 0


async def asked(house: House, about: About) -> tuple[str, str]:
    """The secret of a new request, for the command line, and its code, for a person. Both rows are durable.

    Raises:
        Unavailable: too many wait already.
    """
    now = house.clock.now_ms()
    if await _open(house, now=now) >= MOST_OPEN:
        hint = "each is over after ten minutes"
        raise Unavailable("sign-in: expected fewer requests that wait at once", retry_after_s=60.0, hint=hint)
    secret, code = new_token(house), code_of(house.ids.random(RANDOM_BYTES))
    tag, code_tag, until = token_tag(house, "device", secret), house.staff_keys.tag("device-code", code), now + LIFE_MS
    row = Ceremony(tag, DEVICE, about.staff, about.session, about.bound, b"", until, b"")
    request = Request(row, about, code_tag, now, Asking("waiting", until))
    leads = house.staff_keys.seal_fields({_DEVICE: tag.hex()}, place=_place(code_tag))
    deed = Deed(house)
    deed.set(_written(house, request), was=None)
    deed.set(Ceremony(code_tag, DEVICE_CODE, b"", b"", NOTHING, leads, until, b""), was=None)
    await deed.done()
    return secret, code


async def by_secret(house: House, secret: str) -> Request | None:
    """The request that this command line made.

    Raises:
        Tampered: its row was not made, or not left, as this house made it.
    """
    return await _request(house, token_tag(house, "device", secret))


async def as_it_stands(house: House, request: Request) -> Request | None:
    """The same request as it stands now.

    Raises:
        Tampered: as `by_secret`.
    """
    return await _request(house, request.row.tag)


async def by_code(house: House, code: str) -> Request | None:
    """The request that a code leads to, answered or not.

    Raises:
        Tampered: as `by_secret`.
    """
    row = await ceremony_of(house, house.staff_keys.tag("device-code", code))
    if row is None or row.kind != DEVICE_CODE:
        return None
    fields = house.staff_keys.open_fields(row.box, place=_place(row.tag))
    found = await _request(house, bytes.fromhex(str(fields[_DEVICE])))
    return found if found is not None and equal(found.code_tag, row.tag) else None


async def answer(house: House, request: Request, *, by: bytes, level: int, confirmed: bool) -> None:
    """It was answered, and its code leads nowhere any more.

    Raises:
        Moved: somebody answered it meanwhile, or the command line asked for it just then.
    """
    asking = request.asking._replace(answer="confirmed" if confirmed else "refused")
    deed = Deed(house)
    deed.set(_written(house, request._replace(asking=asking, by=by, level=level)), was=request.row)
    code = await ceremony_of(house, request.code_tag)
    if code is not None:
        deed.drop(code)
    await deed.done()


async def moved(house: House, request: Request, asking: Asking) -> None:
    """That it was asked for is written down.

    Raises:
        Moved: it was answered or asked for meanwhile.
    """
    deed = Deed(house)
    deed.set(_written(house, request._replace(asking=asking)), was=request.row)
    await deed.done()


async def taken(house: House, request: Request) -> None:
    """The request is gone with its code: what was answered is taken once.

    Raises:
        Moved: somebody took it meanwhile.
    """
    deed = Deed(house)
    deed.take(request.row)
    code = await ceremony_of(house, request.code_tag)
    if code is not None:
        deed.drop(code)
    await deed.done()


def _written(house: House, request: Request) -> Ceremony:
    about, asking, tag = request.about, request.asking, request.row.tag
    kept: dict[int, Value] = {
        _USER: about.user, _ACTION: about.action, _WORDS: about.words, _AT: request.at, _CODE: request.code_tag.hex(),
        _ANSWER: asking.answer, _BY: request.by.hex(), _LEVEL: request.level, _POLLED: asking.polled_at,
        _INTERVAL: asking.interval_ms,
    }  # fmt: skip
    return msgspec.structs.replace(request.row, box=house.staff_keys.seal_fields(kept, place=_place(tag)))


async def _request(house: House, tag: bytes) -> Request | None:
    row = await ceremony_of(house, tag)
    if row is None or row.kind != DEVICE:
        return None
    kept = {key: str(value) for key, value in house.staff_keys.open_fields(row.box, place=_place(tag)).items()}
    about = About(kept[_USER], kept[_ACTION], kept[_WORDS], row.staff, row.session, row.bound)
    word = next(one for one in ANSWERS if one == kept[_ANSWER])
    asking = Asking(word, row.until_at, int(kept[_POLLED]), int(kept[_INTERVAL]))
    code_tag, by = bytes.fromhex(kept[_CODE]), bytes.fromhex(kept[_BY])
    return Request(row, about, code_tag, int(kept[_AT]), asking, by, int(kept[_LEVEL]))


async def _open(house: House, *, now: int) -> int:
    """How many requests wait; rows that ran out and were not swept yet count no more."""
    found = 0
    async for rows in house.reads.scan(Ceremony):
        found += sum(row.kind == DEVICE and row.until_at > now for row in rows)
    return found


def _place(tag: bytes) -> bytes:
    return place(Ceremony.TABLE, tag, "box")
