"""Confirm a retention run that ends much: what it has shut may be destroyed once two have said that they mean it.

Nobody has said so by running it: a timer under a user of its own runs it as well as a person. Where only one user of
this machine has ever acted, their word alone is enough, and 48 hours are added to the cooling time, in which the cause
can be put right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import NotFound, Refused
from lockhouse.gates.cases import LAPSE, Case, Extent, advance_all, sound_cases
from lockhouse.gates.ending.epoch import BY_KEEP
from lockhouse.gates.live import DELAY_MS
from lockhouse.gates.tail import require_whole
from lockhouse.gates.trusted_time import ledger_now
from lockhouse.ledger.columns import said_by
from lockhouse.ledger.entry import (
    Acceptance,
    Attestation,
    Cancellation,
    Confirmation,
    Credential,
    Hold,
    Intent,
    Link,
    Policy,
    Suppression,
    Token,
    Undo,
    parse_entry,
)
from lockhouse.model.rows import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.house import House

_PERSONS = ("os-user:", "staff:")
"""How actors who mean something begin: the house's own worker, `service:work`, means nothing."""
_DEEDS = (
    Acceptance, Attestation, Cancellation, Confirmation, Credential, Hold, Intent, Link, Policy, Suppression, Token,
    Undo,
)  # fmt: skip
"""Entries of who decides in a house: what rules it, who may do what, what ends and what does not.

What timers do under a user of their own is none: backups, imports, checks. A word of consent names no actor.
"""
_KINDS = frozenset(kind.KIND for kind in _DEEDS)
_RUNS = frozenset({BY_KEEP, LAPSE})
"""Reasons of what a retention run ends: a timer's too."""


class Much(msgspec.Struct, frozen=True, kw_only=True):
    """A run that ends much and is not carried out yet.

    Attributes:
        extent: how far it reaches, and who has meant it so far.
        cases: that it began and that are not over, the oldest first.
        destroy_at: ms; when the last of them is destroyed at the earliest, once it is meant.
    """

    extent: Extent
    cases: tuple[Case, ...]
    destroy_at: int

    @property
    def is_alone(self) -> bool:
        """Whether one person alone has meant it, and the time that was added goes by."""
        return self.extent.meant and len(_persons(self.extent.told)) == 1


async def much(house: House) -> list[Much]:
    """Every run that ends much of which something is still shut, the oldest first."""
    found: dict[bytes, list[Case]] = {}
    for case in (await sound_cases(house))[0]:
        if case.run is not msgspec.UNSET and case.run.is_much and case.step in {"begun", "shut"}:
            found.setdefault(case.run.id, []).append(case)
    return [_much(cases) for cases in found.values()]


def _much(cases: list[Case]) -> Much:
    [extent, *_] = [case.run for case in cases if case.run is not msgspec.UNSET]
    return Much(extent=extent, cases=tuple(cases), destroy_at=max(case.destroy_at for case in cases))


async def confirm(house: House, run: bytes, *, by: str, ends: int | None) -> Much:
    """The run is meant by one more; it as it stands then, in the ledger too.

    Raises:
        NotFound: no such run waits for a word.
        Refused: it was not said how many boxes end, or another number; or whoever says so has said so before, and
            another user of this machine has acted here, who must mean it too.
        Tampered: an entry was changed or taken away: nobody can say who has acted here.
        Moved: one of its cases was carried on or called off meanwhile.
    """
    found = next((one for one in await much(house) if one.extent.id == run and not one.extent.meant), None)
    if found is None:
        raise NotFound("run: expected one that waits for a word, got another", hint="lockhouse doctor names them")
    boxes = found.extent.boxes
    if ends != boxes:
        got = "nothing" if ends is None else "another number"
        expected = f"the number of boxes that end, {boxes}, typed"
        raise Refused(f"run: expected {expected}, got {got}", reasons=("much",), hint=f"--ends {boxes}")
    before = _persons(found.extent.told)
    is_alone = await _acted(house) <= {by}
    if by in before and not is_alone:
        hint = f"another user of this machine says it: lockhouse retention confirm {run.hex()}"
        raise Refused("run: expected a second person, as much ends, got the same", reasons=("much",), hint=hint)
    return await _said(house, found, by=by, meant=is_alone or bool(before - {by}), is_alone=is_alone)


async def _said(house: House, found: Much, *, by: str, meant: bool, is_alone: bool) -> Much:
    now = await ledger_now(house)
    extent = msgspec.structs.replace(found.extent, told=(*found.extent.told, by), meant=meant)
    after = [
        msgspec.structs.replace(
            case, run=extent, destroy_at=max(case.destroy_at, now) + DELAY_MS if is_alone else case.destroy_at
        )
        for case in found.cases
    ]
    entry = Confirmation(run=extent.id.hex(), boxes=extent.boxes, by=by).draft(id=house.ids.new(), lane=house.lane)
    await advance_all(house, list(zip(found.cases, after, strict=True)), entries=[entry])
    return _much(after)


async def _acted(house: House) -> set[str]:
    """Whoever has decided anything here, by the ledger: a row that is taken away leaves nobody alone.

    Raises:
        Tampered: an entry was changed or taken away.
    """
    await require_whole(house)
    found = set[str]()
    async for entries in house.reads.scan(LedgerEntry, chunk=5_000):
        for one in entries:
            if said_by(one).kind in _KINDS:
                body = parse_entry(one.body).body
                if isinstance(body, _DEEDS) and not (isinstance(body, Intent) and body.reason in _RUNS):
                    found.add(body.by)
    return _persons(found)


def _persons(actors: Iterable[str]) -> set[str]:
    return {one for one in actors if one.startswith(_PERSONS)}
