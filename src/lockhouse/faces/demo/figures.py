"""The demo as one object of figures, each counted from the stores or from what the house answered."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from lockhouse.model import codes
from lockhouse.model.rows import House as HouseRow
from lockhouse.model.rows import Identifier, Person, Receipt, Record

if TYPE_CHECKING:
    from lockhouse.faces.demo.tally import Tally
    from lockhouse.gates.house import House


class Figures(msgspec.Struct, kw_only=True):
    """What `lockhouse demo --once --json` prints.

    Attributes:
        sent: events that went over the wire, duplicates and mishaps among them.
        accepted: receipts of events that were stored, whole or trimmed; `stored` and `trimmed` are its two parts.
        duplicate, refused: as answered. `sent` = `accepted` + `duplicate` + `refused`.
        dropped_paths: how many different paths were not kept; `dropped` says how often each was, and why.
        persons: source persons with an identifier of a person; `devices`: those known by a device alone.
        channels: channels that have records; `by_channel`: what each was answered.
        records: rows of the record store when the traffic had settled.
        erased: source persons whose keys were destroyed; `erased_keys`: how many keys that were.
        erase_ms: from the order until they were.
        grep_hits: how often the chosen customer's e-mail, phone and name were found in the files.
        grep_control: how often the shop's own name was, which is no secret: the search does find.
        backup_boxes: her boxes in the backup from before; `backup_opens`: fields of them that opened, also when forced;
            `backup_found`: how many people her address still leads to.
        certificate_verified, ledger_verified: by a command that knows nothing of the house.
        ledger_size: entries in the verified tree.
        tampering_named: which of the two changes the audit names.
        looks: how often the ledger says that we looked at somebody.
        seconds: the whole story; `first_event_s`: from its start to the first sealed event.
    """

    sent: int = 0
    accepted: int = 0
    stored: int = 0
    trimmed: int = 0
    duplicate: int = 0
    refused: int = 0
    dropped_paths: int = 0
    dropped: dict[str, int] = {}
    persons: int = 0
    devices: int = 0
    channels: int = 0
    by_channel: dict[str, dict[str, int]] = {}
    records: int = 0
    erased: int = 0
    erased_keys: int = 0
    erased_records: int = 0
    erase_ms: int = 0
    grep_hits: int = 0
    grep_control: int = 0
    grep_files: int = 0
    backup_boxes: int = 0
    backup_opens: int = 0
    backup_found: int = 0
    certificate_verified: bool = False
    ledger_size: int = 0
    ledger_verified: bool = False
    tampering_named: list[str] = []
    looks: int = 0
    first_event_s: float = 0.0
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether what was shown is what was promised; acts that nobody asked for count for nothing."""
        return self.ledger_verified and not self.grep_hits and not self.backup_opens and not self.backup_found


async def count_traffic(figures: Figures, house: House, tally: Tally) -> None:
    """What came of the traffic: receipts and rows from the stores, duplicates and refusals from the answers."""
    receipts: Counter[str] = Counter()
    async for receipt_rows in house.reads.scan(Receipt):
        receipts.update(codes.whole(row.code) for row in receipt_rows)
    figures.stored, figures.trimmed = receipts[codes.STORED], receipts[codes.TRIMMED]
    figures.accepted = figures.stored + figures.trimmed
    figures.duplicate, figures.refused = tally.count("duplicate"), tally.count("refused")
    figures.dropped = {f"{path} ({reason})": count for (path, reason), count in sorted(tally.dropped.items())}
    figures.dropped_paths = len({path for path, _ in tally.dropped})
    figures.by_channel = {channel: dict(counts) for channel, counts in sorted(tally.by_channel.items())}
    channels: set[int] = set()
    async for record_rows in house.reads.scan(Record):
        figures.records += len(record_rows)
        channels.update(row.channel for row in record_rows)
    figures.channels = len(channels)
    await _count_persons(figures, house)


async def _count_persons(figures: Figures, house: House) -> None:
    live = house.live()
    kinds = {live.kind(name).number for name, field in live.policy.fields.items() if field.identifies == "person"}
    known: set[bytes] = set()
    async for rows in house.reads.scan(Identifier):
        known.update(row.person for row in rows if row.kind in kinds)
    people = 0
    async for persons in house.reads.scan(Person):
        people += len(persons)
    figures.persons, figures.devices = len(known), people - len(known)


async def ledger_size(house: House) -> int:
    """Entries in the tree as the house says."""
    [row] = (await house.reads.get(HouseRow, [(1,)])).values()
    return row.tree_size
