"""The read spine: one person or a million, in chunks.

    1 decide    what this actor may see of each person, for this purpose, with everything that stands against it, and
                whether they have a place left in their hour
    2 note      one ledger entry a chunk, with one deletable note a person; a refusal is noted too. It counts them
    3 open      only boxes that the committed entry names, only with the ticket made from it
    4 decide    each opened value again, by the current policy; the stricter wins
    5 fold, mask, view

Nothing leaves before step 2 is durable. If the note cannot be written, nothing is shown.
"""

from __future__ import annotations

from collections.abc import Mapping  # a Struct reads its hints
from functools import partial
from heapq import nlargest
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Unavailable
from lockhouse.gates.authority import sound
from lockhouse.gates.corrections import require_made
from lockhouse.gates.disclose.about import marks_of
from lockhouse.gates.disclose.covering import cover, taken, taken_clear
from lockhouse.gates.disclose.decided import Group, placed, with_facts
from lockhouse.gates.disclose.granting import require_grants, with_grants
from lockhouse.gates.disclose.hour import CROWD, QuotaMoved
from lockhouse.gates.disclose.hours import Hours
from lockhouse.gates.disclose.noting import note
from lockhouse.gates.disclose.opened import OpenedRecord, Opening
from lockhouse.gates.disclose.shown import UNFOLDED, marked, view_of
from lockhouse.gates.disclose.turn import Turn
from lockhouse.gates.disclose.view import View
from lockhouse.gates.disclose.within import settled
from lockhouse.gates.lookups import Pointed, Sought
from lockhouse.gates.pace import ROWS_A_STEP, Footing, Pace
from lockhouse.gates.rings import admit_rings, refuse_ended
from lockhouse.gates.snapshots import Place
from lockhouse.identity.fold import belief
from lockhouse.model.decision import Ask
from lockhouse.model.rows import Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence

    from lockhouse.gates.house import House
    from lockhouse.gates.rings import Waiting

ThingT = TypeVar("ThingT")
CHUNK = 5_000
TRIES = 5
FOLD_LIMIT = 500
"""Records folded on read. Above this, what snapshots cover is taken from them; of the others the least believed are
left out, and a view says that it is truncated."""
_ID = attrgetter("id")


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """Which records of a person are read.

    Of more than `limit`, an action that folds reads those it believes most, whoever sent more since; the others read
    the page's own end.

    Attributes:
        only: these ids and no others; None for at most `limit`.
        after: the oldest `limit` of the ids greater than this one (a page of a timeline).
        before: the newest `limit` of the ids smaller than this one.
        by: source person -> the identifier that led to them, to say of whom it has been put right since.
        sought: show only persons of whom an opened value is the one sought; the others are noted and not shown.
    """

    only: frozenset[bytes] | None = None
    after: bytes | None = None
    before: bytes | None = None
    limit: int = FOLD_LIMIT
    sought: Sought | None = None
    by: Mapping[bytes, Pointed] = {}

    @property
    def is_whole(self) -> bool:
        """Whether all that is known of a person is asked for. For who seeks a value, each record may be the one."""
        return self.only is None and self.after is None and self.before is None and self.sought is None

    def reach(self, row: Record) -> bool:
        """Whether the record lies on the page's side of its marks."""
        return (self.after is None or row.id > self.after) and (self.before is None or row.id < self.before)


async def disclose(
    house: House, ask: Ask, persons: AsyncIterator[bytes], *, records: Records | None = None
) -> AsyncIterator[View]:
    """Views of canonical persons, as this actor may see them, each noted before it is shown.

    Args:
        ask: who asks what for which purpose; its facts hold what is known of the actor, the gate adds the person's.
        persons: ids of source persons; each is widened to the canonical person it belongs to.

    Raises:
        Unavailable: the ledger cannot be written, the keys or the lease are away, or the clock is in doubt; nothing
            was shown.
        Tampered: a stored row or box is not as this house made it; nothing of its person is shown. A snapshot that is
            not is passed over, and the view counts it.
    """
    which = records or Records()
    chunk: list[bytes] = []
    asked = house.ids.new()
    part = 0
    pace = Pace()  # whoever takes the views works on them in between, and need not wait for anything
    async for person in persons:
        chunk.append(person)
        if len(chunk) == CHUNK:
            for view in await _chunk(house, ask, chunk, records=which, place=(asked, part)):
                yield view
                await pace.step(1 + view.records)
            chunk, part = [], part + 1
    if chunk:
        for view in await _chunk(house, ask, chunk, records=which, place=(asked, part)):
            yield view
            await pace.step(1 + view.records)


async def _chunk(
    house: House, ask: Ask, persons: Sequence[bytes], *, records: Records, place: tuple[bytes, int]
) -> list[View]:
    """The views of one chunk, all by one policy and with the keys of one epoch.

    When either moves in the midst, all of it is decided, noted and opened anew: whoever was shut meanwhile, or a part
    of them, must not be among what was opened before. So it is if snapshots do not open: then without them.
    """
    without, moved, crowd = set[Place](), 0, 0
    turn = Turn(house, ask, counts=records.sought is None)  # who shares a tag is not shown, and so not counted here
    while moved < TRIES and crowd < CROWD:
        try:
            async with turn:
                return await _looked(house, ask, persons, turn, records=records, place=place, without=without)
        except QuotaMoved:
            crowd += 1
        except Moved:
            moved += 1
    raise Unavailable("disclose: expected the policy and the keys to hold still", retry_after_s=1.0)


async def _looked(  # noqa: PLR0913  (a chunk, and what it stands on)
    house: House,
    ask: Ask,
    persons: Sequence[bytes],
    turn: Turn,
    *,
    records: Records,
    place: tuple[bytes, int],
    without: set[Place],
) -> list[View]:
    """The same, once; snapshots `without` are passed over, and those that do not open are added to them.

    Raises:
        Moved: the policy or the keys moved, or a snapshot did not open.
    """
    footing = await Footing.of(house)
    ask = await with_grants(house, ask)
    hours = await Hours.of(house, ask, once=turn.once)
    groups = await _decided(house, ask, persons, footing, hours=hours, takes=(takes := records.sought is None))
    seen = [group for group in groups if group.fields]
    await _read_rows(house, ask, seen, footing, records=records, without=without)
    waiting = await _admitted(house, {person for group in seen for person in group.persons}, footing)
    for group in seen:  # nobody has a turn from here until what is to be noted is read off the rings
        group.noted = frozenset(one for one in group.persons if house.keyring.version_of(one) is not None)
        group.rows = [row for row in group.rows if row.person in group.noted]
    entry, noted = await note(house, ask, groups, place=place, hours=hours if takes else None)
    turn.release()
    await _still(house, ask, groups, footing)
    opening = Opening(
        house, house.live(), noted, ask.purpose, frozenset(), house.clock.now_ms(), waiting, ask.fields is None
    )  # fmt: skip
    views = []
    for group in groups:
        opened = await _opened(opening, group, footing) if group.fields else []
        if records.sought is None or _has(opened, records.sought):
            view = view_of(house, ask, group, opened, entry=entry)
            views.append(marked(house.live(), view, opened, records.by) if records.by else view)
        await footing.step()
    without |= opening.spoilt
    if opening.spoilt:
        raise Moved("disclose: expected snapshots that open", hint="try again")
    return views if takes or not hours.is_counting else await settled(house, ask, views, asked=place[0])


async def _still(house: House, ask: Ask, groups: Sequence[Group], footing: Footing) -> None:
    """What was noted may still be opened: the grants it rests on, the policy and the keys are as they were.

    Raises:
        Moved: one of them is not.
    """
    await require_grants(house, ask, groups)
    await footing.hold()


async def _decided(  # noqa: PLR0913  (as of `_looked`)
    house: House, ask: Ask, persons: Sequence[bytes], footing: Footing, *, hours: Hours, takes: bool
) -> list[Group]:
    """Each canonical person of them, with what may be seen, as long as the actor's hour has a place."""
    groups, everyone = [], await with_facts(house, persons)
    marks = await marks_of(house, ask, [person for known in everyone for person in known])
    for known in everyone:
        await footing.step()
        groups.append(await placed(house, marks.on(ask, known), known, hours, takes=takes))
    return groups


async def _admitted(house: House, everyone: Collection[bytes], footing: Footing) -> Mapping[bytes, Waiting]:
    """All rings of these that there are lie in the keyring, none of a key that ended; those only shut, by serial.

    While the endings are read others have a turn, and their rings may take the place of some of these.

    Raises:
        Moved: the policy or the keys moved.
        Unavailable: there was no room for all of them at once.
    """
    for _ in range(TRIES):
        await admit_rings(house, everyone)
        admitted = [one for one in everyone if house.keyring.version_of(one) is not None]
        waiting = await refuse_ended(house, everyone)
        await footing.hold()
        if all(house.keyring.version_of(one) is not None for one in admitted):
            return waiting
    raise Unavailable("disclose: expected room for the rings of those who are looked at", retry_after_s=1.0)


async def _opened(opening: Opening, group: Group, footing: Footing) -> list[OpenedRecord]:
    """The group's records, as far as there are keys to them when their turn comes.

    Raises:
        Moved: a snapshot is of somebody whose ring came since the entry was made; it does not name them.
    """
    opening.turn_to(group.fields, group.covered)
    active_at = max((one.active_at for one in group.facts), default=0)
    opened = list[OpenedRecord]()
    for row in group.rows:
        await footing.step()
        one = await _while_held(opening, row.person, footing, partial(opening.record, row, active_at=active_at))
        if one is not None:
            opened.append(one)
    if group.covered is None:
        return opened
    for snapshot in group.covered.snapshots.by.values():
        await footing.step()
        if snapshot.person not in group.noted:
            raise Moved("disclose: expected the keys to hold still", hint="try again")
        deed = partial(opening.snapshot, group.covered, snapshot)
        kept = await _while_held(opening, snapshot.person, footing, deed) or []
        opened += await taken(opening, snapshot, kept, footing, active_at=active_at)
    return opened + await taken_clear(opening, group.covered, footing, active_at=active_at)


async def _while_held(
    opening: Opening, person: bytes, footing: Footing, deed: Callable[[], ThingT]
) -> ThingT | None:  # fmt: skip
    """What was opened, or None if there is no ring of its person any more."""
    house: House = opening.house
    for _ in range(TRIES):
        if house.keyring.version_of(person) is None:  # it made room for rings of others, who had a turn
            await admit_rings(house, [person])
            if house.keyring.version_of(person) is None:
                return None
            opening.waiting = {**opening.waiting, **await refuse_ended(house, [person])}
            await footing.hold()
            if house.keyring.version_of(person) is None:
                continue
        try:
            return deed()
        except Unavailable:  # the lease ran out since it was last looked at: all of the record again, once it is back
            await footing.hold()
    raise Unavailable("disclose: expected a lease, and room for a ring, that last for a record", retry_after_s=1.0)


def _has(opened: Sequence[OpenedRecord], sought: Sought) -> bool:
    return any(sought.field in one.values and sought.is_in(one.values[sought.field]) for one in opened)


async def _read(house: House, group: Group, records: Records, *, folds: bool) -> None:
    """The group's record rows: still sealed, so reading them shows nothing."""
    rows: list[Record] = []
    for person in group.persons:
        found, many = await _walked(house, person, records, folds=folds)
        rows.extend(found)
        group.total += many
    group.truncated = len(rows) > records.limit
    group.rows = sound(sorted(_kept(rows, records, folds=folds, most=records.limit), key=_ID))


async def _read_rows(  # noqa: PLR0913  (as of `_looked`)
    house: House, ask: Ask, groups: Sequence[Group], footing: Footing, *, records: Records, without: set[Place]
) -> None:
    """The groups' rows: these and no others, or a page; each that says that staff made it was made by them."""
    if records.only is not None:
        await _read_only(house, groups, records.only)
    for group in groups if records.only is None else ():
        await _read_whole(house, ask, group, footing, records=records, without=without)
    await require_made(house, [row for group in groups for row in group.rows])


async def _read_whole(  # noqa: PLR0913  (as of `_looked`)
    house: House, ask: Ask, group: Group, footing: Footing, *, records: Records, without: set[Place]
) -> None:
    """The group's rows, and what snapshots cover of those that are too many to be opened."""
    await _read(house, group, records, folds=ask.action not in UNFOLDED)
    await footing.step(1 + len(group.rows) // ROWS_A_STEP)
    if group.truncated and ask.action not in UNFOLDED and records.is_whole:
        await cover(house, group, footing, limit=records.limit, without=without)


async def _read_only(house: House, groups: Sequence[Group], records: frozenset[bytes]) -> None:
    """These records and no others, each to the group whose it is."""
    whose = {person: group for group in groups for person in group.persons}
    for _, row in sorted((await house.reads.get(Record, [(one,) for one in sorted(records)])).items()):
        if row.person in whose:
            whose[row.person].rows += sound([row])


async def _walked(house: House, person: bytes, records: Records, *, folds: bool) -> tuple[list[Record], int]:
    """The person's records of a page, and one more if there is one; and how many they have.

    Their history is walked to its end, and no more than a page of it is held.
    """
    many, kept, total, behind = records.limit + 1, list[Record](), 0, None
    step = max(many, FOLD_LIMIT)
    while rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=step):
        total += len(rows)
        kept = _kept([*kept, *filter(records.reach, rows)], records, folds=folds, most=many)
        behind = (rows[-1].id,)
        if len(rows) < step:
            break
    return kept, total


def _kept(rows: list[Record], records: Records, *, folds: bool, most: int) -> list[Record]:
    """At most so many of the rows: those that a fold believes most, or those at the end that a page begins from.

    A fold of the newest would show whatever anybody sent often enough with a key that everybody can read.
    """
    if folds:
        return nlargest(most, rows, key=_belief)
    return sorted(rows, key=_ID)[-most:] if records.after is None else sorted(rows, key=_ID)[:most]


def _belief(row: Record) -> tuple[int, bool, int, bytes]:
    return belief(row.proof, row.assurance, at=row.occurred_at, record=row.id)
