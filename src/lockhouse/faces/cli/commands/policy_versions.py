"""`lockhouse policy history`, `propose`, `withdraw` and `rollback`: what was approved, or may be, or rules again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, NotFound
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.drafts import (
    Meant,
    asked,
    difference,
    draft_named,
    drafted,
    effects_text,
    ending_of,
    live_version,
    outcome,
    require_machine_approves,
    waiting_version,
    waits,
)
from lockhouse.faces.cli.layout import Said, plain, table, when
from lockhouse.faces.policy_text import approved
from lockhouse.flows.approve import approve
from lockhouse.flows.approve import propose as propose_draft
from lockhouse.gates.live import DELAY_MS, FORMER, LIVE, STATES, WAITING, sound_versions, versions
from lockhouse.gates.versions import one_of
from lockhouse.gates.versions import withdraw as withdraw_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.faces.cli.call import Call

_DOUBTED: dict[str, Any] = {
    "state": "doubted", "at": None, "by": None, "hash": None, "again": None, "rules_at": None,
}  # fmt: skip
HEADS = ("version", "state", "since", "by", "sha256", "says again")


async def history(*, call: Here) -> Said:
    """Every version that was proposed or approved, with who and when, and which older one it says again.

    `since` is when a version came to rule, or to be what it is. One that is `waiting` rules 48 hours later.
    """
    async with call.open() as opened:
        known, doubted = await sound_versions(opened.house)
        note = waits(opened.house)
    value = [
        {
            "version": row.id, "state": STATES[row.state], "at": row.at, "by": row.by, "hash": plain(row.hash),
            "again": None, "rules_at": row.at + DELAY_MS if row.state == WAITING else None,
        }
        for row in known
    ]  # fmt: skip
    return past(value, note, doubted=doubted, call=call)


def past(value: list[dict[str, Any]], note: str | None, *, doubted: Sequence[int], call: Call) -> Said:
    """Versions as they were told, with which older one each says again; of one that was planted its number alone."""
    value = [one | {"again": _first(value, one)} for one in value]
    rows = [
        (f"v{one['version']}", one["state"], when(one["at"]), one["by"], one["hash"][:16], _told(one["again"]))
        for one in value
    ]
    heads = HEADS if any(row[-1] for row in rows) else HEADS[:-1]
    shown = [row[: len(heads)] for row in rows]
    text = table(heads, shown, empty="no policy was approved yet")
    value += [_DOUBTED | {"version": number} for number in doubted]
    notes = [*([note] if note else []), *([_doubt(doubted)] if doubted else [])]
    return Said(value, call.located("\n\n".join([text, *notes])) if notes else text, 1 if doubted else 0)


def _doubt(numbers: Sequence[int]) -> str:
    named = ", ".join(f"v{one}" for one in numbers)
    return f"Somebody stored {named}, and this house did not: lockhouse ledger verify --state"


async def propose(file: Path | None = None, /, *, full: bool = False, acting: As | None = None, call: Here) -> Said:
    """Store the draft as a version that somebody may approve, after saying what it would change. It rules nothing.

    `lockhouse policy approve v3` approves what was proposed as v3, whatever the draft says by then.

    For example `lockhouse policy propose`.

    Args:
        file: another draft than the house's: a YAML file or a folder of them.
        full: say each field and event of what changes in a line of its own.
        acting: the role.
    """
    async with call.open() as opened:
        actor = allowed(opened.house, "policy.propose", (acting or As()).role)
        written = draft_named(call, file)
        draft = await drafted(call, opened, written.document())
        live = await live_version(opened)
        if live is not None and live.document == written.source:
            return already(live.id)
        made = await propose_draft(opened.house, draft, written.source, by=actor.id)
    value = {"version": made, "changed": True, "effects": draft.effects, "ends": draft.reach}
    return proposed(value, full=full, call=call)


def already(version: int) -> Said:
    """A draft that says what rules."""
    return Said({"version": version, "changed": False}, f"The draft is live v{version} already.")


def proposed(value: dict[str, Any], *, full: bool, call: Call) -> Said:
    """A draft that was proposed."""
    made = value["version"]
    told = "\n".join(filter(None, [effects_text(value["effects"], full=full), ending_of(value["ends"])]))
    text = f"{told}\n\nProposed as v{made}; it rules nothing yet: lockhouse policy approve v{made}"
    return Said(value, call.located(text))


async def withdraw(version: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Call off a version that was proposed, or that is approved and waits. Noted in the ledger.

    For example `lockhouse policy withdraw v3`.

    Args:
        version: of `lockhouse policy history`, as 3 or v3.
        acting: the role.
    """
    number = version_number(version)
    async with call.open() as opened:
        actor = allowed(opened.house, "policy.approve", (acting or As()).role)
        await withdraw_version(opened.house, number, by=actor.id)
        live = opened.house.live_policy
    rules = f"v{live.version} rules on" if live is not None else "nothing rules"
    return Said({"version": number}, f"v{number} is withdrawn; {rules}.")


async def rollback(version: str, /, *, meant: Meant | None = None, call: Here) -> Said:
    """Let an older version rule again, after saying what that changes. Noted in the ledger as rolled back.

    It becomes a new version with the older one's document. What ended meanwhile does not come back, and the draft on
    disk stays as it is. A rollback that only narrows rules at once, and so does what ruled until less than
    a day ago; else one that widens waits 48 hours, as any approval.

    For example `lockhouse policy rollback v3`.

    Args:
        version: of `lockhouse policy history`, as 3 or v3.
        meant: how, and in which role.
    """
    meant = meant or Meant()
    number = version_number(version)
    async with call.open() as opened:
        actor = allowed(opened.house, "policy.approve", meant.role)
        await require_machine_approves(opened)
        older = one_of(await versions(opened.house), number)
        if older.state not in {LIVE, FORMER}:
            raise NotFound("version: expected one that ruled, got another", hint="lockhouse policy history")
        draft = await drafted(call, opened, approved(older.document, said=f"v{number}"))
        if draft.same:
            text = f"Live v{draft.base} says what v{number} said; nothing was changed."
            return Said({"version": draft.base, "changed": False}, text)
        ends = asked(call, draft, meant)
        waited = waiting_version(opened)
        made = await approve(opened.house, draft, older.document, by=actor.id, step="rolled-back", ends=ends)
        note = await difference(opened)
        text = await outcome(opened, made, also=f"; it says what v{number} said", waited=waited)
    text += f"\n{note}" if note else ""
    value = {
        "version": made, "changed": True, "again": number, "effects": draft.effects, "difference": note,
        "rules_at": draft.due_at, "ends": draft.reach,
    }  # fmt: skip
    return Said(value, call.located(text))


def version_number(text: str) -> int:
    """A version as people type it.

    Raises:
        Invalid: it is none.
    """
    digits = text.removeprefix("v")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):  # noqa: PLR2004 - more would be no version
        raise Invalid("version", "a number such as 3 or v3", got="another form", hint="lockhouse policy history")
    return int(digits)


def _first(known: Sequence[dict[str, Any]], one: dict[str, Any]) -> int | None:
    """The first version with the same document, if it is an older one."""
    digest = bytes.fromhex(one["hash"])
    first: int = next(each["version"] for each in known if equal(bytes.fromhex(each["hash"]), digest))
    return first if first != one["version"] else None


def _told(again: int | None) -> str:
    return "" if again is None else f"v{again}"
