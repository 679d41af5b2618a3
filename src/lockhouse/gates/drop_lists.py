"""What receipts say was dropped: each list once a day, named by a keyed hash.

Of a channel's events most drop the same paths. A list is written with the first receipt that names it, in one commit; a
process remembers which lists of the day it has seen committed and writes them no more. A list is of one day, so that it
goes with that day's receipts and nobody has to ask who else may name it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Tampered
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import DropList

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.crypto.credentials import MessageTags
    from lockhouse.model.ports import Reads
    from lockhouse.model.rows import Receipt

Dropped = tuple[tuple[str, str], ...]
"""(path with unknown segments as `*`, reason), …"""
MAX_KNOWN = 2_000
_ENCODE = msgspec.msgpack.Encoder().encode
_DETAIL = msgspec.msgpack.Decoder(tuple[int, bytes | Dropped]).decode
_PATHS = msgspec.msgpack.Decoder(Dropped).decode
_LIST_HINT = "keep a copy of the row as evidence, then delete it: `why` then tells as after a week"
_HINT = "keep a copy of the row as evidence; UPDATE receipt SET detail = x'' empties it, as a week does"


class DropLists:
    """The lists of the day that this process knows to be stored."""

    def __init__(self, tags: MessageTags) -> None:
        self._tags = tags
        self._day = -1
        self._known: dict[Dropped, bytes] = {}

    def detail(self, kept: int, dropped: Dropped, *, at: int) -> tuple[bytes, DropList | None]:
        """What a receipt of this time says, and the list it names if that may not be stored yet."""
        if not dropped:
            return _ENCODE((kept, dropped)), None
        day = at // DAY_MS
        known = self._known.get(dropped) if day == self._day else None
        if known is not None:
            return _ENCODE((kept, known)), None
        paths = _ENCODE(dropped)
        row = DropList(day, self._id(paths), paths)
        return _ENCODE((kept, row.id)), row

    def keep(self, dropped: Dropped, row: DropList) -> None:
        """This list is durable: no further receipt of its day has to bring it."""
        if row.day != self._day or len(self._known) >= MAX_KNOWN:
            self._day, self._known = row.day, {}
        self._known[dropped] = row.id

    def _id(self, paths: bytes) -> bytes:
        return self._tags.body(paths)  # keyed, so that nobody can look for two lists of one id

    async def told(self, reads: Reads, receipts: Iterable[Receipt]) -> dict[tuple[int, bytes], tuple[int, Dropped]]:
        """How many fields were kept and what was dropped, by channel and message; of emptied receipts nothing.

        Nor of one whose list has gone, as it does when its day is emptied.

        Raises:
            Tampered: a receipt, or the list it names, is not as this house wrote it.
        """
        held = {(row.channel, row.message): (row.at // DAY_MS, *_read(row)) for row in receipts if row.detail}
        wanted = list({(day, named) for day, _, named in held.values() if isinstance(named, bytes)})
        lists = await reads.get(DropList, wanted) if wanted else {}
        said: dict[tuple[int, bytes], tuple[int, Dropped]] = {}
        for receipt, (day, kept, named) in held.items():
            if not isinstance(named, bytes):
                said[receipt] = kept, named
            elif (row := lists.get((day, named))) is not None:
                said[receipt] = kept, self._paths(row)
        return said

    def _paths(self, row: DropList) -> Dropped:
        if not equal(self._id(row.paths), row.id):
            raise Tampered("drop_list: expected a list as this house writes it, got another", hint=_LIST_HINT)
        return _PATHS(row.paths)


def _read(row: Receipt) -> tuple[int, bytes | Dropped]:
    try:
        return _DETAIL(row.detail)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise Tampered("receipt: expected a detail as this house writes it, got other bytes", hint=_HINT) from err
