"""`lockhouse policy history` and `rollback`: the versions that were approved, and one of them ruling again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, NotFound
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.drafts import approved, asked, difference
from lockhouse.faces.cli.layout import Said, plain, table, when
from lockhouse.flows.approve import approve, draft_of
from lockhouse.gates.live import FORMER, LIVE, PROPOSED, versions
from lockhouse.wiring import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.rows import PolicyVersion

STATES = {PROPOSED: "proposed", LIVE: "live", FORMER: "former"}
HEADS = ("version", "state", "approved", "by", "sha256", "says again")


async def history(*, call: Here) -> Said:
    """Every approved version, with who and when, and which older one it says again."""
    async with call.open() as opened:
        known = await versions(opened.house)
    value = [
        {
            "version": row.id, "state": STATES[row.state], "at": row.at, "by": row.by, "hash": plain(row.hash),
            "again": _first(known, row),
        }
        for row in known
    ]  # fmt: skip
    rows = [
        (f"v{row.id}", STATES[row.state], when(row.at), row.by, row.hash.hex()[:16], _told(_first(known, row)))
        for row in known
    ]
    heads = HEADS if any(row[-1] for row in rows) else HEADS[:-1]
    shown = [row[: len(heads)] for row in rows]
    return Said(value, table(heads, shown, empty="no policy was approved yet"))


async def rollback(version: str, /, *, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Let an older version rule again, after saying what that changes. Noted in the ledger as rolled back.

    It becomes a new version with the older one's document. What ended meanwhile does not come back, and the draft on
    disk stays as it is.

    For example `lockhouse policy rollback v3`.

    Args:
        version: of `lockhouse policy history`, as 3 or v3.
        yes: do not ask.
        acting: the role.
    """
    number = _number(version)
    async with call.open() as opened:
        actor = allowed(opened.house, "policy.approve", (acting or As()).role)
        known = await versions(opened.house)
        older = _version(known, number)
        draft = await draft_of(opened.house, approved(older.document, said=f"v{number}"), KINDS)
        if draft.same:
            text = f"Live v{draft.base} says what v{number} said; nothing was changed."
            return Said({"version": draft.base, "changed": False}, text)
        asked(call, draft.effects, draft.base + 1, yes=yes)
        made = await approve(opened.house, draft, older.document, by=actor.id, step="rolled-back")
        note = await difference(opened)
    text = f"Policy v{made} rules now, in every process; it says what v{number} said."
    text += f"\n{note}" if note else ""
    value = {"version": made, "changed": True, "again": number, "effects": draft.effects, "difference": note}
    return Said(value, call.located(text))


def _number(text: str) -> int:
    """A version as people type it.

    Raises:
        Invalid: it is none.
    """
    digits = text.removeprefix("v")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):  # noqa: PLR2004 - more would be no version
        raise Invalid("version", "a number such as 3 or v3", got="another form", hint="lockhouse policy history")
    return int(digits)


def _version(known: Sequence[PolicyVersion], number: int) -> PolicyVersion:
    found = next((row for row in known if row.id == number), None)
    if found is None:
        raise NotFound("version: expected one that was approved, got another", hint="lockhouse policy history")
    return found


def _first(known: Sequence[PolicyVersion], row: PolicyVersion) -> int | None:
    """The first version with the same document, if it is an older one."""
    first = next(one.id for one in known if equal(one.hash, row.hash))
    return first if first != row.id else None


def _told(again: int | None) -> str:
    return "" if again is None else f"v{again}"
