"""An ending's durable intent: what is to end, how far it has come, and what it needs to go on after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.gates.authority import checked, signed
from lockhouse.model.change import Change, Conflict, Draft, Expect, Put
from lockhouse.model.rows import Intent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.secret import Secret

Step = Literal["begun", "shut", "destroying", "destroyed", "done", "cancelling", "cancelled"]
What = Literal["person", "compartment", "epoch"]

OPEN = 0
CLOSED = 1


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


_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode
_DECODE = msgspec.msgpack.Decoder(Case).decode


def row_of(case: Case, key: Secret) -> Intent:
    """The intent row of a case as it stands, with its MAC: what the row says is carried out."""
    state = CLOSED if case.step in {"done", "cancelled"} else OPEN
    row = Intent(case.id, f"end-{case.what}", _ENCODE(case), state, case.asked_at, case.entries[0], b"")
    return signed(row, key)


def case_of(row: Intent) -> Case:
    """The case behind an intent row."""
    return _DECODE(row.body)


async def open_cases(house: House, *, also_closed: bool = False) -> list[Case]:
    """Every ending without its completion, oldest first; with the completed ones if asked.

    Raises:
        Tampered: an intent was not made, or not left, as this house made it; then none is carried on.
    """
    rows = await house.reads.find(Intent, ("state",), [(OPEN,)])
    if also_closed:
        rows = rows + await house.reads.find(Intent, ("state",), [(CLOSED,)])
    return sorted((case_of(row) for row in checked(rows, house.integrity_key)), key=lambda case: case.id)


async def advance(
    house: House, case: Case, *, was: Case | None, puts: Sequence[Put] = (), entries: Sequence[Draft] = ()
) -> None:
    """The case stands one step further, in one commit with what belongs to that step.

    Args:
        was: the case as it was read, which must be how it still stands; None for a new one.

    Raises:
        Moved: another process carries the same case on; read it again.
    """
    expected = None if was is None else {"state": OPEN, "body": _ENCODE(was)}
    expect = Expect(Intent.TABLE, (case.id,), expected, or_absent=False, because="case-moved")
    change = Change(
        "record",
        puts=(Put(Intent.TABLE, row_of(case, house.integrity_key)), *puts),
        expects=(expect,),
        entries=tuple(entries),
    )
    answer = await house.commits.commit(change)
    if isinstance(answer, Conflict):
        raise Moved("ending: expected the case as it was read", hint="read it again: another process may carry it on")
