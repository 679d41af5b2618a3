"""What was said of persons, as ledger entries, and their seals moved so that every process decides by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockhouse.errors import Conflict as Moved
from lockhouse.gates.authority import digest
from lockhouse.ledger.entry import Consent as ConsentEntry
from lockhouse.ledger.entry import Link as LinkEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Seal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft
    from lockhouse.model.rows import Consent, Link

TRIES = 5


def consent_draft(house: House, row: Consent) -> Draft:
    """The ledger entry of a stored word; the person's ring must be admitted, for their ref."""
    said = ConsentEntry(
        ref=house.keyring.ref(row.person).hex(), purpose=row.purpose, state=1 if row.state else 0,
        channel=row.channel, signal=row.signal, assurance=row.assurance,  # type: ignore[arg-type]  # 1, 2 or 3
        row=digest(row),
    )  # fmt: skip
    return said.draft(id=row.entry, lane=house.lane)


def link_draft(house: House, row: Link, *, by: str) -> Draft:
    """The ledger entry of a stored link as it stands; both rings must be admitted, for their refs."""
    change: Literal["made", "ended"] = "made" if row.until_at is None and row.undone_at is None else "ended"
    said = LinkEntry(
        change=change, a=house.keyring.ref(row.a).hex(), b=house.keyring.ref(row.b).hex(),
        proof=row.proof, by=by, row=digest(row),  # type: ignore[arg-type]  # 1, 2 or 3
    )  # fmt: skip
    return said.draft(id=row.entry, lane=house.lane)


async def tell(house: House, persons: Collection[bytes], drafts: Sequence[Draft]) -> None:
    """The entries, and these persons' seals one further, so that no process decides by what was so before.

    Raises:
        Moved: the seals keep moving.
    """
    keys = [(person,) for person in persons]
    for _ in range(TRIES):
        seals = await house.reads.get(Seal, keys)
        puts, expects = [], []
        for (person,) in keys:
            seal = seals.get((person,)) or Seal(person, 0, 0)
            puts.append(Put(Seal.TABLE, Seal(person, seal.version + 1, seal.state)))
            was = {"version": seal.version}
            expects.append(Expect(Seal.TABLE, (person,), was, or_absent=seal.version == 0, because="seal-moved"))
        change = Change("record", puts=tuple(puts), expects=tuple(expects), entries=tuple(drafts))
        if not isinstance(await house.commits.commit(change), Conflict):
            for person in persons:
                house.facts.drop(person)
            return
    raise Moved("persons: expected their facts to hold still", hint="try again")
