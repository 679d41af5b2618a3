"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): what is asked twice under one key is done once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Invalid
from lockhouse.faces.api import problems
from lockhouse.faces.api.problems import RejectedError
from lockhouse.flows.consent import living
from lockhouse.gates.repeats import Asked, Earlier, begin, finish, give_up

if TYPE_CHECKING:
    from starlette.requests import Request

    from lockhouse.faces.api.route import Call

HEADER = "idempotency-key"
_KEY = re.compile(r'"[A-Za-z0-9_.:-]{8,64}"|[A-Za-z0-9_.:-]{8,64}')


async def once(call: Call, request: Request, raw: bytes) -> bytes:
    """The answer of the call; of one that changes something and has a key, that of the first of its kind.

    Raises:
        Invalid: the key has not its form.
        NotFound: it was about a person who has ended since.
        RejectedError: it was used for something else, or the first request is under way.
    """
    key = request.headers.get(HEADER) if call.route.changes else None
    if key is None:
        return msgspec.json.encode(await call.route.act(call))
    if not _KEY.fullmatch(key):
        raise Invalid("Idempotency-Key", "8 to 64 letters, digits, _, ., : or -", got="another form")
    place = call.route.name + "".join(f"/{call.path[word]}" for word in call.route.words)
    row = await begin(call.house, Asked(call.token.id, place, key.strip('"'), raw))
    if isinstance(row, Earlier):
        if "person" in call.route.words:  # who has ended since is told of no more, and not by what was kept either
            await living(call.house, call.id("person"))
        return row.answer
    if isinstance(row, str):
        raise RejectedError(problems.KEY_BUSY if row == "busy" else problems.KEY_USED)
    try:
        said = msgspec.json.encode(await call.route.act(call))
    except BaseException:
        await give_up(call.house, row)
        raise
    await finish(call.house, row, said)
    return said
