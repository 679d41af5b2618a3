"""The read spine: one person or a million, in chunks.

    1 decide    what this actor may see of each person, for this purpose, with everything that stands against it
    2 note      one ledger entry a chunk, with one deletable note a person; a refusal is noted too
    3 open      only boxes that the committed entry names, only with the ticket made from it
    4 decide    each opened value again, by the current policy; the stricter wins
    5 fold, mask, view

Nothing leaves before step 2 is durable. If the note cannot be written, nothing is shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.noted import Noted, refs_root
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Unavailable
from lockhouse.gates.disclose.group import groups_of
from lockhouse.gates.disclose.opened import OpenedRecord, Opening, wanted_boxes
from lockhouse.gates.disclose.shown import view_of
from lockhouse.gates.disclose.view import View
from lockhouse.gates.facts import facts_of_persons, merge_facts
from lockhouse.gates.lookups import Sought
from lockhouse.gates.pace import Footing, Pace
from lockhouse.gates.refresh import refresh
from lockhouse.gates.rings import admit_rings, refuse_ended
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.ledger.entry import Disclosure, Refusal
from lockhouse.model.change import Change, Committed, Conflict, Noting, Put
from lockhouse.model.decision import Ask, Decision, Facts
from lockhouse.model.rows import Note, Record
from lockhouse.model.scale import PersonState
from lockhouse.policy.decide import decide, listed_reasons, plain_reason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from lockhouse.gates.house import House, LivePolicy, PersonFacts
    from lockhouse.model.policy import Policy

CHUNK = 5_000
TRIES = 5
ROWS_A_STEP = 10
"""Rows that are read, and stay sealed, in the time of one that is opened."""
FOLD_LIMIT = 500
"""Records folded on read; above this a view says that it is truncated."""
_TICKET = re.compile(r"#?(?=[A-Za-z0-9_-]*[A-Za-z#])(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{2,24}|#[0-9]{1,12}")
"""A ticket number: letters and digits together, or digits behind a #; neither a name nor a phone number."""
_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """Which records of a person are read.

    Attributes:
        only: these ids and no others; None for the newest `limit`.
        after: the oldest `limit` of the ids greater than this one (a page of a timeline).
        before: the newest `limit` of the ids smaller than this one.
        sought: show only persons of whom an opened value is the one sought; the others are noted and not shown.
    """

    only: frozenset[bytes] | None = None
    after: bytes | None = None
    before: bytes | None = None
    limit: int = FOLD_LIMIT
    sought: Sought | None = None


class _Group(msgspec.Struct):
    """A canonical person on the way through one chunk."""

    persons: tuple[bytes, ...]
    facts: Any
    decision: Decision
    rows: list[Record]
    total: int = 0
    truncated: bool = False

    @property
    def fields(self) -> frozenset[str]:
        return self.decision.open | self.decision.masked


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
        Tampered: a stored row or box is not as this house made it; nothing of its person is shown.
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


async def note_nothing(house: House, ask: Ask) -> bytes:
    """A look that found nobody is a look all the same: asking who is known must not be free. Returns the entry's id.

    Raises:
        Unavailable: the ledger cannot be written; then not even "nobody" is answered.
    """
    entry = house.ids.new()
    looked = Disclosure(
        **_common(house.live().policy, ask, house.ids.new()),
        fields=[],
        compartments=[],
        count=0,
        refs_root=refs_root([]).hex(),
    )
    await _commit(house, Change("record", entries=(looked.draft(id=entry, lane=house.lane, urgent=True),)))
    return entry


async def _chunk(
    house: House, ask: Ask, persons: Sequence[bytes], *, records: Records, place: tuple[bytes, int]
) -> list[View]:
    """The views of one chunk, all by one policy and with the keys of one epoch.

    When either moves in the midst, all of it is decided, noted and opened anew: whoever was shut meanwhile, or a part
    of them, must not be among what was opened before.
    """
    for _ in range(TRIES):
        if not house.epochs.alive():
            raise Unavailable("disclose: expected a confirmed lease", retry_after_s=1.0)
        await trusted_now(house)
        await refresh(house)
        try:
            return await _looked(house, ask, persons, records=records, place=place)
        except Moved:
            continue
    raise Unavailable("disclose: expected the policy and the keys to hold still", retry_after_s=1.0)


async def _looked(
    house: House, ask: Ask, persons: Sequence[bytes], *, records: Records, place: tuple[bytes, int]
) -> list[View]:
    """Raises `Moved` (an errors.Conflict) when the policy or the keys moved."""
    footing = Footing(house)
    groups = []
    for known in await _with_facts(house, persons):
        await footing.step()
        groups.append(await _decided(house, ask, known))
    seen = [group for group in groups if group.fields]
    for group in seen if records.only is None else ():
        await _read(house, group, records)
        await footing.step(1 + len(group.rows) // ROWS_A_STEP)
    if records.only is not None:
        await _read_only(house, seen, records.only)
    everyone = {person for group in seen for person in group.persons}
    await admit_rings(house, everyone)
    waiting = await refuse_ended(house, everyone)
    footing.hold()
    for group in seen:  # a ring that is gone although its person lives: a store that lags behind the other
        group.rows = [row for row in group.rows if house.keyring.version_of(row.person) is not None]
    entry, noted = await _note(house, ask, groups, place=place)
    footing.hold()
    opening = Opening(house, house.live(), noted, ask.purpose, frozenset(), house.clock.now_ms(), waiting)
    views = []
    for group in groups:
        opened = await _opened(opening, group, footing) if group.fields else []
        if records.sought is None or _has(opened, records.sought):
            views.append(view_of(house, ask, group, opened, entry=entry))
        await footing.step()
    return views


async def _opened(opening: Opening, group: _Group, footing: Footing) -> list[OpenedRecord]:
    """The group's records, as far as there are keys to them when their turn comes."""
    house: House = opening.house
    opening.fields = group.fields
    active_at = max((one.active_at for one in group.facts), default=0)
    opened = []
    for row in group.rows:
        await footing.step()
        if house.keyring.version_of(row.person) is None:  # it made room for rings of others, who had a turn
            await admit_rings(house, [row.person])
            opening.waiting = {**opening.waiting, **await refuse_ended(house, [row.person])}
            footing.hold()
        if house.keyring.version_of(row.person) is not None:
            opened.append(opening.record(row, active_at=active_at))
    return opened


def _has(opened: Sequence[OpenedRecord], sought: Sought) -> bool:
    return any(sought.field in one.values and sought.is_in(one.values[sought.field]) for one in opened)


async def _with_facts(house: House, persons: Sequence[bytes]) -> list[dict[bytes, PersonFacts]]:
    """The canonical persons, each as its source persons with their facts."""
    groups = await groups_of(house, persons)
    facts = await facts_of_persons(house, {person for group in groups for person in group}, fresh=True)
    known = [{person: facts[person] for person in group if person in facts} for group in groups]
    return [group for group in known if group]


async def _decided(house: House, ask: Ask, group: dict[bytes, PersonFacts]) -> _Group:
    """What may be seen of one canonical person; source persons that ended, or are ending, are not looked at."""
    living = {person: facts for person, facts in group.items() if not facts.ending}
    parts = list((living or group).values())
    decision = decide(house.live().policy, msgspec.structs.replace(ask, facts=_facts(ask.facts, parts)))
    if not living:
        word = "erased" if all(facts.state & PersonState.ERASED for facts in parts) else "being-erased"
        nothing = dict.fromkeys(decision.open | decision.masked | decision.shut, (word,))
        decision = Decision(open=frozenset(), masked=frozenset(), shut=frozenset(nothing), because=nothing)
    return _Group(tuple(living or group), parts, decision, [])


def _facts(of_actor: Facts, parts: Sequence[PersonFacts]) -> Facts:
    """The actor's facts with the person's: of several source persons the narrowest word counts."""
    consents, objected, state = merge_facts(parts)
    regions = {part.region for part in parts if part.region is not None}
    region = regions.pop() if len(regions) == 1 else None
    return msgspec.structs.replace(
        of_actor, state=PersonState(state), consents=consents, objected=objected, region=region
    )


async def _read(house: House, group: _Group, records: Records) -> None:
    """The group's record rows: still sealed, so reading them shows nothing."""
    rows: list[Record] = []
    for person in group.persons:
        found, many = await _walked(house, person, records)
        rows.extend(found)
        group.total += many
    rows.sort(key=lambda row: row.id)
    group.truncated = len(rows) > records.limit
    group.rows = rows[-records.limit :] if records.after is None else rows[: records.limit]


async def _read_only(house: House, groups: Sequence[_Group], records: frozenset[bytes]) -> None:
    """These records and no others, each to the group whose it is."""
    whose = {person: group for group in groups for person in group.persons}
    for _, row in sorted((await house.reads.get(Record, [(one,) for one in sorted(records)])).items()):
        if row.person in whose:
            whose[row.person].rows.append(row)


async def _walked(house: House, person: bytes, records: Records) -> tuple[list[Record], int]:
    """The person's records of a page, and one more if there is one; and how many they have.

    Their history is walked to its end, and no more than a page of it is held.
    """
    many, kept, total, behind = records.limit + 1, list[Record](), 0, None
    step = max(many, FOLD_LIMIT)
    while rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=step):
        total += len(rows)
        if records.after is not None:
            kept = [*kept, *(row for row in rows if row.id > records.after)][:many]
        else:
            kept = [*kept, *(row for row in rows if records.before is None or row.id < records.before)][-many:]
        behind = (rows[-1].id,)
        if len(rows) < step:
            break
    return kept, total


async def _note(
    house: House, ask: Ask, groups: Sequence[_Group], *, place: tuple[bytes, int]
) -> tuple[bytes, Noted | None]:
    """The durable entry of this chunk, and the ticket made from it when something is to be opened."""
    seen = [(group, person) for group in groups if group.fields for person in group.persons]
    refs = {house.keyring.ref(person): group for group, person in seen if house.keyring.version_of(person) is not None}
    entry = house.ids.new()
    live = house.live()
    common = _common(live.policy, ask, place[0])
    if not refs:
        because = sorted({word for group in groups for words in group.decision.because.values() for word in words})
        refused = Refusal(**common, fields=_asked(live, ask), because=because, count=len(groups))
        await _commit(house, Change("record", entries=(refused.draft(id=entry, lane=house.lane, urgent=True),)))
        return entry, None
    boxes = {box.compartment for group in groups for row in group.rows for box in wanted_boxes(live, row, group.fields)}
    disclosure = Disclosure(
        **common, part=place[1], compartments=sorted(boxes), count=len(refs), refs_root=refs_root(list(refs)).hex(),
        fields=sorted({live.policy.fields[name].id for group in groups for name in group.fields}),
        recipient=live.policy.recipients[ask.recipient].id if ask.recipient is not None else None,
    )  # fmt: skip
    notes = tuple(
        Put(Note.TABLE, Note(entry, ref, house.ids.random(16), _ENCODE(_note_text(live, ask, group))))
        for ref, group in refs.items()
    )
    draft = disclosure.draft(id=entry, lane=house.lane, urgent=True)
    answer = await _commit(house, Change("record", puts=notes, entries=(draft,)))
    return entry, _ticket(house, answer.notings[0], list(refs))


def _common(policy: Policy, ask: Ask, asked: bytes) -> dict[str, Any]:
    role = ask.actor.roles[0] if ask.actor.roles else "none"
    return {
        "actor": ask.actor.id, "role": role, "purpose": ask.purpose, "action": ask.action,
        "reason": reason_code(policy, ask), "ask": asked.hex(),
    }  # fmt: skip


def _ticket(house: House, noting: Noting, refs: list[bytes]) -> Noted:
    public = house.notary()
    house.keyring.trust(public)
    return Noted.from_commit(
        house=house.id, public=public, entry_id=noting.entry, entry=noting.body, signature=noting.signature, refs=refs
    )


async def _commit(house: House, change: Change) -> Committed:
    answer = await house.commits.commit(change)
    if isinstance(answer, Conflict):
        raise Unavailable("ledger: expected the note to be written", retry_after_s=1.0)
    return answer


def _note_text(live: LivePolicy, ask: Ask, group: _Group) -> list[Any]:
    """What "who looked" may tell the person: purpose, action, department as the role, reason and ticket, fields.

    Of what was typed only a word of the role's own list and a ticket number are kept: free text may name anybody.
    """
    role = ask.actor.roles[0] if ask.actor.roles else "none"
    reason = reason_code(live.policy, ask) + ticket_of(ask.reason)
    return [ask.purpose, ask.action, role, reason, sorted(group.decision.open), sorted(group.decision.masked)]


def reason_code(policy: Policy, ask: Ask) -> str:
    """The reason as the ledger holds it for ever: a word that the role lists, `stated` for free text, or `none`."""
    if ask.reason is None or not ask.reason.strip():
        return "none"
    if ask.actor.kind == "service":
        return ask.reason
    head = plain_reason(ask.reason)
    return head if head in {plain_reason(word) for word in listed_reasons(policy, ask.actor)} else "stated"


def ticket_of(reason: str | None) -> str:
    """The ticket behind a reason's word as it is kept, with its colon; empty when none, or free text, stands there."""
    ticket = (reason or "").partition(":")[2].strip()
    return f": {ticket}" if _TICKET.fullmatch(ticket) else ""


def _asked(live: Any, ask: Ask) -> list[int]:
    names = ask.fields if ask.fields is not None else tuple(live.policy.fields)
    return sorted(live.policy.fields[name].id for name in names if name in live.policy.fields)
