"""The quarantine: what the policy lacked of an event of a channel in stage `trial`, sealed for 72 hours.

    kept      under the person's own key (`WHOLE`) and the key of the day: with either gone nothing opens it
    opened    by a replay alone, which is noted before; no look of anybody's comes here
    ended     72 hours after it came in, nothing replays it; the day's key ends 72 hours after the day
    erased    with all of the person by their key; where a part of them ended, the row is taken away

An event whose person nobody can name is not kept: nobody could end it when they ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lockhouse.crypto.canonical import pack_fields, unpack_fields
from lockhouse.crypto.ring import WHOLE
from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Tampered
from lockhouse.gates.epochs import epoch_at, mint_epochs
from lockhouse.model.ids import DAY_MS, EPOCH_DAY_ZERO_MS
from lockhouse.model.rows import EpochKey, Quarantined
from lockhouse.model.scale import KeyState, PersonState
from lockhouse.rights.erasure import HOUR_MS, in_copies_for_replay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House, PersonFacts
    from lockhouse.rights.erasure import Remains

KEEP_HOURS = 72
KEEP_MS = KEEP_HOURS * 3_600_000
MAX_BYTES = 64 * 1024 * 1024
"""Most that a channel has in quarantine; what is beyond is counted and no more. Each process looks once an hour how
much lies there, and adds what it keeps itself."""
MAX_EVENT_BYTES = 32 * 1024
"""Most that is kept of one event: as much as one may weigh."""
PAGE = 200
STEP = 500
"""Most that an ending takes away in one commit."""
_COUNTED_S = 3_600.0
_TEXT = 0
"""The one field of the box."""
_SHUT_STATES = PersonState.ENDING | PersonState.ERASED | PersonState.RESTRICTED | PersonState.MINOR


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in one box, and all that a replay decides by.

    Attributes:
        channel: its number.
        event: its name, as sent. `source`: what the policy lacked of its tree.
        occurred_at, received_at: ms, as they were.
        consent, signals: what the event itself said.
        shut: purposes that were shut for it when it came: by a word, a signal, the region or its age.
        others: the source persons besides whose it is to whom an identifier of the event led.
        message: as its receipt knows it. `record`: the one that was stored of it, if any.
    """

    channel: int
    event: str
    source: dict[str, Any]
    occurred_at: int
    received_at: int
    assurance: int
    proof: int
    shut: list[str]
    others: list[bytes]
    message: bytes
    record: bytes | None
    consent: dict[str, bool] | None = None
    signals: list[str] = []


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Held).decode


def packed(held: Held) -> bytes | None:
    """The plaintext of its box; None if it has no form to be kept in, or is too large."""
    try:
        text = _ENCODE(held)
    except (OverflowError, RecursionError, UnicodeEncodeError):
        return None
    return pack_fields({_TEXT: text.decode()}) if len(text) <= MAX_EVENT_BYTES else None


def unpacked(plain: bytes, row: Quarantined) -> Held:
    """What was packed.

    Raises:
        Tampered: it is nothing of ours, or its row says another channel or time.
    """
    try:
        held = _DECODE(str(unpack_fields(plain).get(_TEXT)))
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise Tampered("quarantine: expected an event as this house keeps it") from err
    if (held.channel, held.received_at) != (row.channel, row.at):
        raise Tampered("quarantine: expected the channel and the time that were sealed", hint=_finding(row))
    return held


def box_of(row: Quarantined) -> SealedBox:
    """The row's one box.

    Raises:
        Tampered: it has none, or several, or one of another kind.
    """
    boxes = decode_boxes(row.boxes)
    if len(boxes) != 1 or boxes[0].compartment != WHOLE:
        raise Tampered("quarantine: expected one box of an event", hint=_finding(row))
    return boxes[0]


def _finding(row: Quarantined) -> str:
    return f"the row of quarantine with this id, in record.db, was edited: {row.id.hex()}"


def ends_at(day: int) -> int:
    """When the key of a day (counted from 2020-01-01) ends, ms: nothing that was sealed under it may be replayed."""
    return EPOCH_DAY_ZERO_MS + (day + 1) * DAY_MS + KEEP_MS


def may_be_held(facts: PersonFacts | None) -> bool:
    """Whether anything of somebody may be put into quarantine, or taken out of it, by what is known of them now."""
    return facts is not None and not facts.ending and not facts.state & _SHUT_STATES


async def ensure_days(house: House, days: Collection[int]) -> None:
    """The keys of these days are in use, unless they have ended.

    Raises:
        Unavailable: the clock is in doubt.
    """
    lacking = [(WHOLE, day) for day in sorted(days) if not house.keyring.has_epoch(WHOLE, day)]
    if lacking:
        await mint_epochs(house, lacking)


async def pages_of(house: House, channel: int) -> AsyncIterator[list[Quarantined]]:
    """All that lies in a channel's quarantine, the oldest first, in pages."""
    behind = None
    while rows := await house.reads.find(Quarantined, ("channel",), [(channel,)], after=behind, limit=PAGE):
        yield rows
        behind = (rows[-1].id,)


class Apart(NamedTuple):
    """What an ending of parts of persons takes away, and what a certificate says of copies of it."""

    rows: list[Quarantined]
    remains: tuple[Remains, ...]


async def apart_of(house: House, persons: Collection[bytes], *, until: int | None = None) -> Apart:
    """All that lies in quarantine of these persons, and until when a copy of it opens.

    With `until` (ms) only what came in by then. Where the key of that day has ended nothing is looked through.

    A row has one box, of whatever the policy lacked, under a key that a part's ending leaves: nobody can say which of
    it is of that part, so all of it goes. Where no day's key is left there is no row, and no copy that opens. The key
    of a day is destroyed in the hourly round behind its end (`flows/quarantine.py`).
    """
    keys = await house.reads.find(EpochKey, ("compartment",), [(WHOLE,)])
    ends = [
        ends_at(key.epoch) + HOUR_MS
        for key in keys
        if key.state != KeyState.DESTROYED and (until is None or key.epoch <= epoch_at(until, daily=True))
    ]
    if not ends:
        return Apart([], ())
    wanted = set(persons)
    found = [row async for some in house.reads.scan(Quarantined) for row in some if row.person in wanted]
    rows = [row for row in found if until is None or row.at <= until]
    return Apart(rows, (in_copies_for_replay(until=max(ends)),))


async def has_room(house: House, channel: int, size: int) -> bool:
    """Whether so many bytes more may be kept of a channel; if so, they count from now on."""
    run = house.clock.monotonic_s()
    counted = house.held.get(channel)
    if counted is None or run >= counted[1] + _COUNTED_S:
        counted = (sum([len(row.boxes) async for rows in pages_of(house, channel) for row in rows]), run)
    fits = counted[0] + size <= MAX_BYTES
    house.held[channel] = (counted[0] + size * fits, counted[1])
    return fits


class Waiting(NamedTuple):
    """How much of a channel waits for a replay, and when the first and the last of it ends (ms)."""

    events: int
    bytes: int
    first_until: int | None
    last_until: int | None


async def waiting(house: House, channel: int) -> Waiting:
    """What could still be replayed of a channel now, by number; nothing is opened."""
    now, events, size = house.clock.now_ms(), 0, 0
    ends: list[int] = []
    async for rows in pages_of(house, channel):
        living = [row for row in rows if row.at + KEEP_MS > now]
        if living:
            events, size = events + len(living), size + sum(len(row.boxes) for row in living)
            ends += [min(row.at for row in living) + KEEP_MS, max(row.at for row in living) + KEEP_MS]
    return Waiting(events, size, min(ends, default=None), max(ends, default=None))
