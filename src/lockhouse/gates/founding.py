"""What a house was founded as: said once, in its ledger, by whoever founded it.

A throw-away house waits for nothing and asks for no second person, so a setting that anybody who starts a command can
write must not make one of a house in use. The word of it is a MAC, which none but the house's own keys can make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.signatures import equal, hmac_sha256
from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.columns import said_by
from lockhouse.ledger.entry import Opened, parse_entry
from lockhouse.model.rows import LedgerEntry

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.secret import Secret


def demo_word(house: bytes, integrity_key: Secret) -> str:
    """What the entry of a demo house's founding says, in hex."""
    return hmac_sha256(integrity_key, lp("lockhouse/demo/1", house)).hex()


async def is_demo(house: House) -> bool:
    """Whether the house was founded as a throw-away one, with synthetic people."""
    word = bytes.fromhex(demo_word(house.id, house.integrity_key))
    async for entries in house.reads.scan(LedgerEntry, chunk=100):
        for entry in entries:
            try:
                said = parse_entry(entry.body).body if said_by(entry).kind == Opened.KIND else None
            except (Invalid, Tampered):  # an edited entry says nothing here, and shuts no command
                continue
            if said is None:
                continue
            return isinstance(said, Opened) and said.demo is not None and equal(bytes.fromhex(said.demo), word)
    return False
