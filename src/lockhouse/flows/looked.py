"""Who looked: every look at a person that the ledger noted, with its purpose, its reason and what it was let see.

It is told of somebody who was just looked at, by the view of that look: so whoever asks may see the person, and has
been noted. A look lies beside its entry as a note that goes with the person (GDPR Art. 17); the entry itself stays and
names nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Refused
from lockhouse.gates.notes_beside import look_in
from lockhouse.gates.rings import admit_rings
from lockhouse.model.rows import LedgerEntry, Note

if TYPE_CHECKING:
    from lockhouse.gates.disclose import Kept, View
    from lockhouse.gates.house import House
    from lockhouse.ledger.entry import Disclosure

PAGE = 20
_STEP = 500


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the person.

    Attributes:
        entry: that noted it. `at`: when, ms.
        actor: as the ledger calls them. `role`: as what they looked.
        reason: a word of the role's list and, where one was typed, a ticket; `none` without one.
        open, masked: the fields that it was let see so, whether or not anything is held of them.
        recipient: whom it sent to; None for a look that sends nothing.
    """

    entry: bytes
    at: int
    actor: str
    role: str
    purpose: str
    action: str
    reason: str
    open: tuple[str, ...]
    masked: tuple[str, ...]
    recipient: str | None = None


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A page of looks, the newest first.

    Attributes:
        more: whether there are older ones.
        spoilt: notes that are not as a look left them; they are told of, and not shown.
    """

    looks: tuple[Look, ...]
    more: bool = False
    spoilt: int = 0


async def looked(house: House, view: View, *, before: bytes | None = None, limit: int = PAGE) -> Looked:
    """Who looked at the person of a view, the newest looks first; only those that an erasure left.

    Args:
        house: as it stands.
        view: of a look that was noted, and that was let see something of them.
        before: an entry's id; only older looks are told.
        limit: looks a page.

    Raises:
        Refused: the view shows nothing of the person, and so neither does this.
    """
    if view.refused:
        raise Refused("person: expected something that may be shown, got nothing", reasons=view.refused)
    await admit_rings(house, view.persons)
    refs = [house.keyring.ref(one) for one in view.persons if house.keyring.version_of(one) is not None]
    notes: dict[bytes, Note] = {}
    for ref in refs:
        notes |= await _newest(house, ref, before=before, most=limit + 1)
    wanted = sorted(notes, reverse=True)[: limit + 1]
    rows = await house.reads.get(LedgerEntry, [(entry,) for entry in wanted])
    told = [(entry, look_in(house, rows.get((entry,)), notes[entry])) for entry in wanted[:limit]]
    looks = tuple(_look(house, rows[(entry,)], *one) for entry, one in told if one is not None)
    return Looked(looks=looks, more=len(wanted) > limit, spoilt=sum(one is None for _, one in told))


async def _newest(house: House, ref: bytes, *, before: bytes | None, most: int) -> dict[bytes, Note]:
    """Entry -> the note beside it, of the newest looks; the whole of them is walked, and no more than these is held."""
    kept: dict[bytes, Note] = {}
    behind = None
    while rows := await house.reads.find(Note, ("ref",), [(ref,)], after=behind, limit=_STEP):
        kept |= {row.entry: row for row in rows if before is None or row.entry < before}
        kept = {entry: kept[entry] for entry in sorted(kept)[-most:]}
        behind = (rows[-1].entry, rows[-1].ref)
        if len(rows) < _STEP:
            break
    return kept


def _look(house: House, row: LedgerEntry, said: Disclosure, kept: Kept) -> Look:
    recipients = {one.id: one.name for one in house.live().policy.recipients.values()}
    recipient = None if said.recipient is None else recipients.get(said.recipient, f"#{said.recipient}")
    return Look(
        entry=row.id, at=row.at, actor=said.actor, role=said.role, purpose=said.purpose, action=said.action,
        reason=kept.reason, open=tuple(kept.open), masked=tuple(kept.masked), recipient=recipient,
    )  # fmt: skip
