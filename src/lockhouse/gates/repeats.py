"""What was asked once under an `Idempotency-Key` is done once, and a repeat is answered as it was.

The row is put before the deed, with the expectation that there is none; so of two alike that come together one does it.
The answer is sealed under a key of the receipt secret, bound to its key and question: a row that SQL wrote answers
nobody. A process that ends in the midst leaves a row without an answer; after a minute the key is free again, since
nobody can say whether the deed was done. Whoever is still at it says so several times a minute (`still`), so that a
deed which takes longer is not begun a second time beside itself.

A key is of one token and stands for one request: its address and its body together are what a repeat must be like. The
same key at another address is a client's mistake, and is told so, as it is of another body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import derive, open_bytes, seal_bytes
from lockhouse.crypto.signatures import equal, hmac_sha256
from lockhouse.gates.authority import sound
from lockhouse.gates.trusted_time import watched_now
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Repeat

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.secret import Secret

KEPT_MS = DAY_MS
BUSY_MS = 60_000
"""How long nothing is heard of a request before it counts as cut off."""
BEAT_S = 15.0
"""How often whoever is at it says so."""
CHUNK = 500
TRIES = 5


class Asked(NamedTuple):
    """A question with its key: whose, at which address, and its body."""

    token: bytes
    place: str
    key: str
    body: bytes


class Earlier(NamedTuple):
    """What the first request was answered."""

    answer: bytes


async def begin(house: House, asked: Asked) -> Repeat | Earlier | Literal["busy", "other"]:
    """The row of a request that may go on; or what the first was answered; or why neither is so.

    Raises:
        Tampered: an answer was not sealed by this house for this question.
    """
    tag, body = _tag(house, asked), _body(house, asked)
    row, was = Repeat(tag, body, house.clock.now_ms(), b""), None
    for _ in range(TRIES):
        if await _put(house, row, was=was):
            return row
        known = (await house.reads.get(Repeat, [(tag,)])).get((tag,))
        was = None if known is None else sound([known])[0]
        if was is not None and row.at - was.at < (KEPT_MS if was.answer else BUSY_MS):
            return _told(house, was, body)
    return "busy"


def _told(house: House, before: Repeat, body: bytes) -> Earlier | Literal["busy", "other"]:
    if not equal(before.body, body):
        return "other"
    if not before.answer:
        return "busy"
    return Earlier(open_bytes(_key(house), before.answer, _place(before)))


async def _put(house: House, row: Repeat, *, was: Repeat | None) -> bool:
    change = Change("record", puts=(Put(Repeat.TABLE, row),), expects=(_as_read(row.tag, was),))
    return not isinstance(await house.commits.commit(change), Conflict)


def _as_read(tag: bytes, was: Repeat | None) -> Expect:
    columns = None if was is None else {"at": was.at, "body": was.body}
    return Expect(Repeat.TABLE, (tag,), columns, or_absent=False, because="repeat-moved")


async def still(house: House, row: Repeat) -> Repeat:
    """The request is still under way; its row as it stands now.

    A row that another request has put since, after nothing was heard of this one for a minute, stays that one's.
    """
    now = msgspec.structs.replace(row, at=house.clock.now_ms())
    return now if await _put(house, now, was=row) else row


async def finish(house: House, row: Repeat, answer: bytes) -> None:
    """The answer is kept for whoever asks the same again."""
    sealed = seal_bytes(_key(house), answer, _place(row))
    await _put(house, msgspec.structs.replace(row, answer=sealed), was=row)


async def give_up(house: House, row: Repeat) -> None:
    """The key is free again: an error is no answer to keep, and whoever puts it right may ask under the same key.

    A row that another request has put since, after this one was a minute under way, stays that one's.
    """
    deletes = (Delete(Repeat.TABLE, (row.tag,)),)
    await house.commits.commit(Change("record", deletes=deletes, expects=(_as_read(row.tag, row),)))


async def end_repeats(house: House) -> int:
    """Answers that are older than a day are gone; how many.

    Raises:
        Unavailable: the clock is in doubt, or nobody has watched it.
    """
    before, ended = await watched_now(house) - KEPT_MS, 0
    async for rows in house.reads.scan(Repeat, chunk=CHUNK):
        old = tuple(Delete(Repeat.TABLE, (row.tag,)) for row in rows if row.at < before)
        if old:
            await house.commits.commit(Change("record", deletes=old))
        ended += len(old)
    return ended


def _tag(house: House, asked: Asked) -> bytes:
    return hmac_sha256(house.receipt_key, lp("lockhouse/repeat/2", asked.token, asked.key))


def _body(house: House, asked: Asked) -> bytes:
    return hmac_sha256(house.receipt_key, lp("lockhouse/repeat-body/1", asked.place, asked.body))


def _key(house: House) -> Secret:
    return derive(house.receipt_key, lp("lockhouse/repeat-answer/1", house.id))


def _place(row: Repeat) -> bytes:
    return lp("lockhouse/repeat-answer/1", row.tag, row.body)
