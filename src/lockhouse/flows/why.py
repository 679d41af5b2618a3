"""Why: what became of one event, by the message id its sender gave it. Never the value, never the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.credentials import message_tag
from lockhouse.gates.authority import sound
from lockhouse.gates.collect.work import unread_class
from lockhouse.model import codes
from lockhouse.model.rows import Person, Receipt, Record
from lockhouse.model.scale import Assurance, PersonState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.house import House

_ID_DIGITS = 32


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One answer that an event got.

    Attributes:
        channel: its name.
        at: when it was answered, ms.
        kept: how many fields were kept; None once the detail was emptied (`housekeeping.DETAIL_DAYS`).
        dropped: (path with unknown segments as `*`, reason); of an item that could not be read, where it is wrong and
            what was expected there.
        record: the stored record's id as hex, or None when nothing was stored.
    """

    channel: str
    code: str
    at: int
    kept: int | None = None
    dropped: tuple[tuple[str, str], ...] = ()
    record: str | None = None


async def why(house: House, message_id: str) -> list[Why]:
    """Every answer to an event with this message id (or, for one sent without, its record's id), newest first.

    A message id belongs to a class of credentials of one channel, so the same id may have been answered more than
    once. Empty when it was never received.

    Raises:
        Unavailable: no policy was ever approved, so that nothing can have come in.
        Tampered: a receipt, or its list of what was dropped, is not as this house wrote it.
    """
    channels = {number: name for kind, number, name in house.live().names if kind == "channel"}
    keys = [
        (number, message_tag(message_id, key=house.receipt_key, credential_class=known_as))
        for number in channels
        for credential in (f"{number}/{int(assurance)}" for assurance in Assurance)
        for known_as in (credential, unread_class(credential))
    ]
    rows = list((await house.reads.get(Receipt, keys)).values()) if keys else []
    rows += await _of_record(house, message_id)
    found = {(row.channel, row.message): row for row in rows}
    told = await house.drop_lists.told(house.reads, sound(found.values()))
    said = [_said(row, channels, *told.get((row.channel, row.message), (None, ()))) for row in found.values()]
    return sorted(said, key=lambda one: (-one.at, one.channel))


async def _of_record(house: House, text: str) -> list[Receipt]:
    """Receipts of a record, for a text that is a record's id."""
    if len(text) != _ID_DIGITS or not set(text.lower()) <= set("0123456789abcdef"):
        return []
    record = bytes.fromhex(text)
    stored = (await house.reads.get(Record, [(record,)])).get((record,))
    if stored is None:
        return []
    return _only(await house.reads.find(Receipt, ("at",), [(stored.received_at,)]), record)


def _only(rows: Iterable[Receipt], record: bytes) -> list[Receipt]:
    return [row for row in rows if row.record == record]


def _said(row: Receipt, channels: dict[int, str], kept: int | None, dropped: tuple[tuple[str, str], ...]) -> Why:
    return Why(
        channel=channels.get(row.channel, f"#{row.channel}"),
        code=codes.whole(row.code),
        at=row.at,
        kept=kept,
        dropped=dropped,
        record=None if row.record is None else row.record.hex(),
    )


async def gone_of(house: House, answers: Iterable[Why]) -> set[str]:
    """Those of the answers' records, in hex, that were swept away or that no key opens any more."""
    records = [one.record for one in answers if one.record is not None]
    rows = await house.reads.get(Record, [(bytes.fromhex(one),) for one in records])
    persons = {(row.person,) for row in rows.values()}
    erased = {
        row.id for row in (await house.reads.get(Person, sorted(persons))).values() if row.state & PersonState.ERASED
    }
    living = {row.id.hex() for row in rows.values() if row.person not in erased}
    return set(records) - living
