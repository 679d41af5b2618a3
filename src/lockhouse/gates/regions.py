"""Where a person is, as far as evidence goes: the newest that was believed counts, and what differs counts together.

The region that a person came with stands in their row. Evidence of another one that came later is remembered like a
word of theirs, with a MAC and a ledger entry. A region picks the lawful basis, so it can widen what is kept and used:
who may move it, `gates.collect.moves` says. Of whoever moved since an identity store was copied that came back,
`STRICTEST` is remembered in place of the region that nobody knows (`gates.forgotten`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lockhouse.model.scale import Assurance, ConsentState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.house import PersonFacts
    from lockhouse.model.rows import Consent, Person

MOVED: Final = "region"
"""The signal of what is remembered of a region."""


class Where(NamedTuple):
    """What the newest evidence says of one source person; `region` is None where it differs, or there is none."""

    region: str | None
    regions: frozenset[str]
    at: int


def whereabouts(rows: Iterable[Consent], person: Person) -> Where:
    """Where one source person is. Evidence of one moment counts together."""
    told = [
        (row.at, row.notice)
        for row in rows
        if row.state == ConsentState.REGION and row.assurance >= Assurance.SECRET and row.notice is not None
    ]
    if person.region is not None:
        told.append((person.created_at, person.region))
    if not told:
        return Where(None, frozenset(), -1)
    newest = max(at for at, _ in told)
    return Where(*_one_of(region for at, region in told if at == newest), newest)


def region_of(parts: Iterable[PersonFacts], *, said: str | None = None) -> tuple[str | None, frozenset[str]]:
    """The one region of source persons who are one, and of what an event says; or else all that differ."""
    known = [one for part in parts for one in (part.region, *part.regions)]
    return _one_of(one for one in (said, *known) if one is not None)


def moved_to(facts: PersonFacts, region: str, at: int) -> Where:
    """Where a person is once this evidence of theirs stands."""
    if at != facts.region_at:
        return Where(region, frozenset(), at)
    return Where(*region_of([facts], said=region), at)


def _one_of(regions: Iterable[str]) -> tuple[str | None, frozenset[str]]:
    found = frozenset(regions)
    return (next(iter(found)), frozenset()) if len(found) == 1 else (None, found)
