"""An ending's durable intent: what is to end, how far it has come, and what it needs to go on after a crash."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Tampered
from lockhouse.gates.authority import checked, signed
from lockhouse.model.change import Change, Conflict, Delete, Draft, Expect, Put
from lockhouse.model.ids import DAY_MS, first_id
from lockhouse.model.rows import Intent

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.house import House
    from lockhouse.secret import Secret

Step = Literal["begun", "shut", "destroying", "destroyed", "done", "cancelling", "cancelled"]
What = Literal["person", "compartment", "epoch"]

OPEN = 0
CLOSED = 1
DEADLINE_MS = 5_000
ORPHAN = "orphan"
"""The reason of a case for persons for whom nothing was ever stored."""
LAPSE = "last-activity"
"""The reason of a case of a compartment whose persons' last activity is old enough."""
RESTORE = "restore"
"""The reason of a case that a restore made: of what was shut without one, or had ended elsewhere."""
REMEMBERED = 5_000
"""Open intent rows whose MAC a process has checked and remembers; about 2 KB each."""


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """The retention run that began a case, and how far it reaches: the same in every case of the run.

    Attributes:
        id: of the run.
        boxes: that it ends; `of_boxes`: that lived when it began.
        is_much: it is no routine, so that nothing of it is destroyed before it is `meant`.
        told: who typed how many boxes it ends, as `os-user:…`.
        meant: whether enough of them did.
        weight: the share by which it counts beside other runs, where that is another than the boxes' own.
    """

    id: bytes
    boxes: int
    of_boxes: int
    is_much: bool
    told: tuple[str, ...] = ()
    meant: bool = False
    weight: float | msgspec.UnsetType = msgspec.UNSET

    @property
    def share(self) -> float:
        """Of what lived, the part that it ends; the larger of two, if strangers may have sent some of what lived."""
        return self.boxes / max(1, self.of_boxes) if self.weight is msgspec.UNSET else self.weight


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An ending under way. Ids, serials and numbers only.

    Attributes:
        id: of the case and of its intent row.
        entries: the intent's ledger entries, one a source person; the first stands for the case.
        persons: source persons that end together; empty for an epoch.
        compartment: its number; 0 for all of a person.
        epoch: days since 2020-01-01; 0 for persons.
        serials: of the keys that end, known once they are shut.
        held: the same by person, in the order of `persons`.
        destroy_at: ms; not before this are the keys destroyed.
        salt: of the certificate's statement.
        cancelled_by: who called it off, and `cancellation`: the ledger entry that says so.
        run: of a case of a retention run. In no other does it stand in the row, which is compared as it was written.
    """

    id: bytes
    what: What
    by: str
    reason: str
    entries: tuple[bytes, ...]
    asked_at: int
    destroy_at: int
    salt: bytes
    step: Step = "begun"
    persons: tuple[bytes, ...] = ()
    compartment: int = 0
    epoch: int = 0
    serials: tuple[bytes, ...] = ()
    held: tuple[tuple[bytes, ...], ...] = ()
    scope: tuple[str, ...] = ()
    statement: bytes = b""
    completion: bytes = b""
    cancelled_by: str = ""
    cancellation: bytes = b""
    run: Extent | msgspec.UnsetType = msgspec.UNSET

    @property
    def is_unmeant(self) -> bool:
        """Whether a run that ends much began it, which nobody has confirmed: it stays shut and is not destroyed."""
        return self.run is not msgspec.UNSET and self.run.is_much and not self.run.meant


_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode
_DECODE = msgspec.msgpack.Decoder(Case).decode


def row_of(case: Case, key: Secret) -> Intent:
    """The intent row of a case as it stands, with its MAC: what the row says is carried out."""
    state = CLOSED if case.step in {"done", "cancelled"} else OPEN
    row = Intent(case.id, f"end-{case.what}", _ENCODE(case), state, case.asked_at, case.entries[0], b"")
    return signed(row, key)


async def open_cases(house: House, *, also_closed: bool = False) -> list[Case]:
    """Every ending without its completion, oldest first; with the completed ones if asked.

    Raises:
        Tampered: an intent was not made, or not left, as this house made it; then none is carried on.
    """
    cases, spoilt = await sound_cases(house, also_closed=also_closed)
    if spoilt:
        raise Tampered("intent: expected rows as this house made them", hint="lockhouse doctor")
    return cases


async def sound_cases(house: House, *, also_closed: bool = False) -> tuple[list[Case], list[bytes]]:
    """The open endings whose intents verify, oldest first, and the ids of those whose do not.

    For whoever must go on with the others: one intent that was edited must not hold up everybody's. What waits in limbo
    by it is neither shown nor certified meanwhile, see `rings.refuse_ended` and `ending.person.require_alone`. An
    intent that was taken away, or whose state was edited, is no open one: `ending.spoilt` finds it by what it has shut.

    Args:
        also_closed: all of them, whatever their state; one of a state that does not exist never verifies.
    """
    if also_closed:
        rows = [row async for some in house.reads.scan(Intent) for row in some]
    else:
        rows = await house.reads.find(Intent, ("state",), [(OPEN,)])
    cases, spoilt = [], []
    for row in rows:
        try:
            cases.append(checked_case(house, row))
        except Tampered:
            spoilt.append(row.id)
    return sorted(cases, key=lambda case: case.id), spoilt


async def case_of(house: House, case_id: bytes) -> Case | None:
    """The case with this id, whatever its state; None if there is none. Read by its key: a house has ended many.

    Raises:
        Tampered: its intent is not as this house made it.
    """
    row = (await house.reads.get(Intent, [(case_id,)])).get((case_id,))
    return None if row is None else checked_case(house, row)


async def cases_since(house: House, at: int) -> list[Case]:
    """The cases that were asked for since (ms), and that verify; open or closed. Older closed ones are not read.

    Ids follow this machine's clock and the asking the ledger's. So all that are open are looked at, under any clock
    they began, as whoever begins one does anyway; of the closed, which are many, those that began from a day before.
    """
    early = first_id(max(0, min(at, house.clock.now_ms()) - DAY_MS))
    rows = [
        *await house.reads.find(Intent, ("state",), [(OPEN,)]),
        *await house.reads.find(Intent, ("state",), [(CLOSED,)], after=(early,)),
    ]
    cases = []
    for row in rows:
        with suppress(Tampered):  # as everywhere, one that was edited holds up nobody
            cases.append(checked_case(house, row))
    return [case for case in cases if case.asked_at >= at]


def checked_case(house: House, row: Intent) -> Case:
    """The case behind an intent row, its MAC checked; asked at each look, so what was checked once is remembered.

    Raises:
        Tampered: the intent was not made, or not left, as this house made it.
    """
    known: Case | None = house.cases.get(row)
    if known is not None:
        return known
    [good] = checked([row], house.integrity_key)
    case = _DECODE(good.body)
    if row.state == OPEN:  # those that are closed are many, and seldom asked for
        if len(house.cases) >= REMEMBERED:
            house.cases.clear()
        house.cases[row] = case
    return case


def is_same(one: Case, *, compartment: int, persons: Collection[bytes]) -> bool:
    """Whether a case ends a compartment (0 for all) of one of these persons, by itself or with all of them."""
    return one.compartment in {0, compartment} and not set(one.persons).isdisjoint(persons)


def gives_way(one: Case, *, compartment: int) -> bool:
    """Whether another ending of a compartment is begun beside this case: a lapse that waits, of keys of its own.

    Nobody who asks waits for the word that a run waits for: with the request ends what waits there of its persons. And
    keys that came behind it lapse in their turn.
    """
    return one.reason == LAPSE and one.step == "shut" and one.compartment == compartment != 0


async def step(  # noqa: PLR0913  (a case's step and what belongs to it)
    house: House,
    case: Case,
    *,
    was: Case | None,
    puts: Sequence[Put] = (),
    expects: Sequence[Expect] = (),
    entries: Sequence[Draft] = (),
    deletes: Sequence[Delete] = (),
) -> Conflict | None:
    """The case stands one step further, in one commit with what belongs to that step; or what stood against it.

    Args:
        was: the case as it was read, which must be how it still stands; None for a new one.
    """
    absent = Expect(Intent.TABLE, (case.id,), None, or_absent=False, because="case-moved")
    expect = absent if was is None else standing(was)
    change = Change(
        "record",
        puts=(Put(Intent.TABLE, row_of(case, house.integrity_key)), *puts),
        deletes=tuple(deletes),
        expects=(expect, *expects),
        entries=tuple(entries),
        deadline=deadline(house),
    )
    answer = await house.commits.commit(change)
    return answer if isinstance(answer, Conflict) else None


async def advance(
    house: House, case: Case, *, was: Case | None, puts: Sequence[Put] = (), entries: Sequence[Draft] = ()
) -> None:
    """As `step`, where nothing else is expected.

    Raises:
        Moved: another process carries the same case on; read it again.
    """
    if await step(house, case, was=was, puts=puts, entries=entries) is not None:
        raise moved()


async def advance_all(house: House, pairs: Sequence[tuple[Case, Case]], *, entries: Sequence[Draft]) -> None:
    """Several cases stand as each pair's second, in one commit with these entries, if all stand as each pair's first.

    Raises:
        Moved: another process carries one of them on, or it was called off.
    """
    expects = [standing(was) for was, _ in pairs]
    puts = [Put(Intent.TABLE, row_of(case, house.integrity_key)) for _, case in pairs]
    change = Change(
        "record", puts=tuple(puts), expects=tuple(expects), entries=tuple(entries), deadline=deadline(house)
    )
    if isinstance(await house.commits.commit(change), Conflict):
        raise moved()


def standing(case: Case) -> Expect:
    """The case is open and stands as it was read."""
    as_read = {"state": OPEN, "body": _ENCODE(case)}
    return Expect(Intent.TABLE, (case.id,), as_read, or_absent=False, because="case-moved")


def moved() -> Moved:
    """The case is not as it was read."""
    return Moved("ending: expected the case as it was read", hint="read it again: another process may carry it on")


async def require_unmoved(house: House, case: Case) -> None:
    """The case stands as it was read; asked before each commit to the identity store, which cannot expect it.

    Raises:
        Moved: another process has carried it on, or called it off.
    """
    row = (await house.reads.get(Intent, [(case.id,)])).get((case.id,))
    if row is None or row.body != _ENCODE(case):  # the body names the step
        raise moved()


def deadline(house: House) -> int:
    """Until when (ms) a Change of an ending may become durable: whoever was stopped for longer looks again first."""
    return house.clock.now_ms() + DEADLINE_MS
