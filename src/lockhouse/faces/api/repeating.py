"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): what is asked twice under one key is done once."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Invalid, LockhouseError
from lockhouse.faces.api import problems
from lockhouse.faces.api.problems import RejectedError
from lockhouse.flows.consent import living
from lockhouse.gates.repeats import BEAT_S, Asked, Earlier, begin, finish, give_up, still

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from lockhouse.faces.api.route import Call
    from lockhouse.gates.house import House
    from lockhouse.model.rows import Repeat

HEADER = "idempotency-key"
_KEY = re.compile(r'"[A-Za-z0-9_.:-]{8,64}"|[A-Za-z0-9_.:-]{8,64}')


async def once(call: Call, request: Request, raw: bytes) -> bytes:
    """The answer of the call; of one that changes something and has a key, that of the first of its kind.

    Raises:
        Invalid: the key has not its form.
        NotFound: it was about a person who has ended since.
        RejectedError: it was used for something else, or the first request is under way.
    """
    keys = request.headers.getlist(HEADER) if call.route.changes else []
    if not keys:
        return msgspec.json.encode(await call.route.act(call))
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise Invalid("Idempotency-Key", "8 to 64 letters, digits, _, ., : or -", got="another form")
    place = call.route.name + "".join(f"/{call.path[word]}" for word in call.route.words)
    row = await begin(call.house, Asked(call.token.id, place, keys[0].strip('"'), raw))
    if isinstance(row, Earlier):
        if "person" in call.route.words:  # who has ended since is told of no more, and not by what was kept either
            await living(call.house, call.id("person"))
        return row.answer
    if isinstance(row, str):
        raise RejectedError(problems.KEY_BUSY if row == "busy" else problems.KEY_USED)
    held = [row]
    try:
        async with _heard_of(call.house, held):
            said = msgspec.json.encode(await call.route.act(call))
    except BaseException:
        await give_up(call.house, held[0])
        raise
    await finish(call.house, held[0], said)
    return said


@asynccontextmanager
async def _heard_of(house: House, held: list[Repeat]) -> AsyncIterator[None]:
    """For as long as the block runs, its row, the one that is held, says that it does."""
    over = asyncio.Event()

    async def say() -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), BEAT_S)
                return
            with suppress(LockhouseError):  # a store that is away just now: the next time
                held[0] = await still(house, held[0])

    saying = asyncio.create_task(say())
    try:
        yield
    finally:
        over.set()  # and what is being said is said to its end: the row is as it is held
        await saying
