"""`lockhouse suppression …`: who must not be collected again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any  # noqa: F401  # the words of the fields that Closing inherits are read here

import msgspec
from cyclopts import Parameter

from lockhouse.errors import Invalid
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, Input, noun
from lockhouse.faces.cli.kinds import kind_of
from lockhouse.faces.cli.layout import Said, day, plain, table, when
from lockhouse.flows import consent

if TYPE_CHECKING:
    from lockhouse.model.names import NameBook
    from lockhouse.model.rows import Suppression

APP = noun("suppression", "Who must not be collected again.")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
"""As the ledger takes it (docs/spec/ledger.md)."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(As):
    """What a suppression closes."""

    purpose: tuple[str, ...] = ()
    """what to close; every purpose that may be closed, if none is named"""
    reason: str = "asked"
    """one word or code, such as asked or T-17; no text"""


@APP.command
async def add(kind: str, source: Input = None, /, *, closing: Closing | None = None, call: Here) -> Said:
    """Keep an identifier from being collected again. The value is asked for, or read from standard input.

    Contract and legal duty stay open: the next order can be fulfilled. For example `lockhouse suppression add email`.

    Args:
        kind: a field that identifies: email, phone.
        source: `-` reads one line of standard input; a value is refused here.
        closing: what is closed, and why.
    """
    said = closing or Closing()
    one_word(said.reason)
    async with call.open() as opened:
        actor = allowed(opened.house, "suppression.add", said.role)
        name = kind_of(opened.house.live().policy, kind)
        value = call.terminal.personal(name, source, example="lockhouse suppression add KIND")
        row = await consent.suppress(opened.house, kind, value, purposes=said.purpose, reason=said.reason, by=actor.id)
        closed = closed_by(row, opened.house.live().names)
    return closing_told({"kind": kind, "purposes": closed, "since": row.since, "reason": said.reason})


def closing_told(told: dict[str, Any]) -> Said:
    """What a suppression closes, as it was told."""
    closed = told["purposes"]
    return Said(told, f"Suppressed for {', '.join(closed) or 'every purpose that may be closed'}.")


@APP.command
async def remove(kind: str, source: Input = None, /, *, reason: str, acting: As | None = None, call: Here) -> Said:
    """Lift a suppression; who did and why is noted.

    Args:
        kind: a field that identifies.
        source: `-` reads one line of standard input; a value is refused here.
        reason: one word or code, such as mistake or T-17; no text.
        acting: the role.
    """
    one_word(reason)
    async with call.glanced() as opened:
        kind_of(opened.house.live().policy, kind)  # before anybody types a value in vain
    value = call.terminal.personal(kind, source, example="lockhouse suppression remove KIND")
    # Whose it is stands nowhere in the command: a member reads it where they confirm it.
    async with call.handed(f"{kind}: {value}").open() as opened:
        actor = allowed(opened.house, "suppression.remove", (acting or As()).role)
        kind_of(opened.house.live().policy, kind)
        own = (await opened.house.actor_facts.of(actor)).own
        await consent.require_other_holder(opened.house, kind, value, actor=actor, own=own)
        await consent.lift(opened.house, kind, value, reason=reason, by=actor.id)
    return lifted(kind, reason)


def lifted(kind: str, reason: str) -> Said:
    """A suppression is lifted."""
    return Said({"kind": kind, "removed": True, "reason": reason}, "Lifted. It is noted with its reason.")


def closed_by(row: Suppression, names: NameBook) -> list[str]:
    """The purposes that a suppression closes by name; none, if it closes every one that may be closed."""
    return [names.name("purpose", number) or f"#{number}" for number in msgspec.msgpack.decode(row.purposes)]


def one_word(reason: str) -> None:
    """It goes into the ledger for good, where a sentence could name somebody.

    Raises:
        Invalid: it is more than a word.
    """
    if not WORD.fullmatch(reason):
        raise Invalid("--reason", "one word or code, such as asked or T-17", got="another form")


@APP.command(name="list")
async def list_(*, acting: As | None = None, call: Here) -> Said:
    """Every suppression by kind, purposes and reason; whom it is about is kept as a keyed hash only."""
    async with call.open() as opened:
        allowed(opened.house, "suppression.list", (acting or As()).role)
        found = await consent.suppressions(opened.house)
        names = opened.house.live().names
    value = [
        {
            "kind": names.name("identifier", row.kind) or f"#{row.kind}", "purposes": closed_by(row, names),
            "reason": row.reason, "since": row.since, "until": row.until_at, "entry": plain(row.entry),
        }
        for row in found
    ]  # fmt: skip
    return listed(value)


def listed(value: list[dict[str, Any]]) -> Said:
    """Suppressions as they were told."""
    rows = [
        (
            one["kind"], ", ".join(one["purposes"]) or "all that may be closed", one["reason"], when(one["since"]),
            day(one["until"]),
        )
        for one in value
    ]  # fmt: skip
    heads = ("kind", "purposes", "reason", "since", "until")
    return Said(value, table(heads, rows, empty="nobody is suppressed"))
