"""What legal holds keep of what ends: a certificate does not call it erased, and the sweep leaves it.

One hold whose row does not verify stops no ending and no sweep. The certificate owns up to it, and whoever has a key
kept under it is left by the sweep; `ledger verify --state` names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.errors import Tampered
from lockhouse.gates.authority import checked
from lockhouse.gates.holds import STANDS, Terms, terms_of
from lockhouse.model.rows import HeldKey, Hold, Tombstone
from lockhouse.rights.erasure import IN_DOUBT, NOT_ERASED, held_back, held_in_doubt

if TYPE_CHECKING:
    from lockhouse.gates.cases import Case
    from lockhouse.gates.house import House
    from lockhouse.rights.erasure import Remains

EVERYTHING = Terms(reason="", basis="", persons=(), compartments=(), review_at=0)
"""The terms of a hold that nobody knows, as far as the sweep may go by them."""


class _Apart(NamedTuple):
    """The holds that stand, ids of all that verify, and whether there is any that does not."""

    standing: list[Hold]
    known: set[bytes]
    is_doubtful: bool


async def kept_back(house: House, case: Case) -> tuple[list[str], list[Remains]]:
    """What a certificate must say of holds: in its scope, and among its residues.

    They are the standing holds that keep keys of what ends: of the case's persons, or of a compartment's whole epoch.
    One that does not verify may keep anything.
    """
    apart = await _apart(house)
    found = [(row, terms_of(row)) for row in apart.standing]
    if case.what == "epoch":
        of_the_epoch = [await _keeps_epoch(house, row, case) for row, _ in found]
        found = [one for one, is_its in zip(found, of_the_epoch, strict=True) if is_its]
    else:
        found = [(row, terms) for row, terms in found if terms.covers(case.persons, case.compartment)]
    scope = [NOT_ERASED.format(row.id.hex()) for row, _ in found]
    left = [held_back(row.id.hex(), until=terms.review_at) for row, terms in found]
    if apart.is_doubtful:
        return [*scope, IN_DOUBT], [*left, held_in_doubt()]
    return scope, left


async def _keeps_epoch(house: House, row: Hold, case: Case) -> bool:
    kept = await house.reads.find(HeldKey, ("hold",), [(row.id,)])
    return any((one.compartment, one.epoch) == (case.compartment, case.epoch) for one in kept)


async def staying(house: House) -> tuple[dict[bytes, list[Terms]], bool]:
    """Each person of whom a sweep leaves something, with the terms of what; and whether a hold does not verify.

    Of such a hold its kept keys say whose rows stay, all of them. Without a kept key no row of theirs is of use to it.
    """
    apart = await _apart(house)
    found: dict[bytes, list[Terms]] = {}
    for row in apart.standing:
        terms = terms_of(row)
        for person in terms.persons:
            found.setdefault(person, []).append(terms)
    if apart.is_doubtful:
        async for kept in house.reads.scan(HeldKey):
            found.update({one.person: [EVERYTHING] for one in kept if one.hold not in apart.known})
    return found, apart.is_doubtful


async def _apart(house: House) -> _Apart:
    """One that was released and is put back as it stood is known, does not stand, and is as doubtful."""
    rows: list[Hold] = []
    is_doubtful = False
    async for some in house.reads.scan(Hold):
        for row in some:
            verifies = _verifies(house, row)
            rows += [row] if verifies else []
            is_doubtful = is_doubtful or not verifies
    standing = [row for row in rows if row.state == STANDS]
    stones = await house.reads.get(Tombstone, [(row.serial,) for row in standing])
    released = {stone.serial for stone in stones.values() if _verifies(house, stone)}
    return _Apart(
        standing=sorted((row for row in standing if row.serial not in released), key=lambda row: row.id),
        known={row.id for row in rows},
        is_doubtful=is_doubtful or bool(stones),
    )


def _verifies(house: House, row: Hold | Tombstone) -> bool:
    try:
        checked([row], house.integrity_key)
    except Tampered:
        return False
    return True
