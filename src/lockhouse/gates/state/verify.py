"""The whole of it, in an order that a house at work does not disturb.

Who is committed before what: a row stands before its entry. So the entries are read first and again behind the rows:
of what the first reading tells, everything must stand; of what stands, the second must know. What came in between is
looked at next time. Endings are read on both sides of what they take away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.gates.state.batches import Came, hold_batches
from lockhouse.gates.state.endings import Endings
from lockhouse.gates.state.found import Found, check_bound, read_rows
from lockhouse.gates.state.history import read_history
from lockhouse.gates.state.kept import hold_kept
from lockhouse.gates.state.policies import Policies
from lockhouse.gates.state.staff import StaffCheck
from lockhouse.gates.state.words import WordsCheck, read_words
from lockhouse.model.rows import Ceremony, ErasedMark, FailedSignIn, Hold, Identifier, Import, Invite, Person

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.ledger.verify.findings import Findings


class State(NamedTuple):
    """What was seen of the rows that give authority.

    Attributes:
        rows: table -> how many were held against their MAC and, but for those with a short one, against the ledger.
        untold: how many of them no entry tells of yet.
        findings: what is not as it must be.
    """

    rows: dict[str, int]
    untold: int
    findings: Findings


async def verify_state(house: House) -> State:
    """Every row with a MAC, held against it, and against what the ledger says of the row.

    Raises:
        Unavailable: a store is away.
    """
    found = Found()
    before = await read_history(house)
    ended = (await Endings.read(house, Found())).ended(before)
    words = await read_words(house, found)
    await hold_kept(house, [row for row in words[Hold] if isinstance(row, Hold)], found)
    endings = await Endings.read(house, found)
    policies = await Policies.read(house, found)
    await check_bound(house, Person, found)
    await check_bound(house, Identifier, found)
    await check_bound(house, ErasedMark, found)
    came = await Came.read(house, found)
    await check_bound(house, Ceremony, found)
    await check_bound(house, FailedSignIn, found)
    await check_bound(house, Invite, found)
    staff = await StaffCheck.read(house, words, found)
    batches = await read_rows(house, Import, found)
    history = await read_history(house)
    leaving = endings.leaving(history)
    WordsCheck(before=before, history=history, ended=ended, leaving=leaving, found=found).hold(words)
    endings.hold(before=before, history=history, found=found)
    policies.hold(before=before, history=history, found=found)
    staff.hold(before=before, history=history, found=found)
    hold_batches(batches, came, before=before, history=history, found=found)
    return State(found.rows, found.untold, found.findings)
