"""`lockhouse hold …`: what must be kept for a legal claim is kept for that claim alone."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any  # noqa: F401  # the words that Scope inherits are read here

from cyclopts import Parameter

from lockhouse.errors import Invalid
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, id_of, noun, person_of
from lockhouse.faces.cli.layout import Said, clean, count, day, pairs, plain, table, when
from lockhouse.faces.cli.people import whole
from lockhouse.faces.cli.times import ms_of
from lockhouse.flows import hold as flow
from lockhouse.gates.disclose.said import require_other
from lockhouse.gates.holds import STANDS, Terms, terms_of
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor
    from lockhouse.model.names import NameBook
    from lockhouse.model.rows import Hold

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
"""As an entry of the ledger takes it."""
APP = noun("hold", "What a legal claim needs is kept for it alone, whatever ends meanwhile.")
HOLDS = "lockhouse hold list"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Scope(As):
    """What a hold is for and of."""

    reason: str
    """one word, such as lawsuit; no text"""
    basis: str
    """reference of the claim or duty, one word such as 7-O-12-26; no text"""
    review: datetime
    """the day on which somebody looks whether it must still stand"""
    compartment: tuple[str, ...] = ()
    """a compartment's whole name, in quotes (an unknown one lists them); all of them, if none is named"""
    since: datetime | None = None
    """of what came in from this day on"""
    before: datetime | None = None
    """of what came in before this day"""


@APP.command
async def place(*persons: str, scope: Scope, call: Here) -> Said:
    """Keep the keys of what is held of these persons, under a key of the hold's own. Nothing is sealed anew.

    Erasing, withdrawing and expiring go on for everybody else's reading. What is collected from now on is not in it,
    nor what an ending has shut already: how many keys those are is said.

    For example `lockhouse hold place 01989f… --reason lawsuit --basis 7-O-12-26 --review 2027-06-30`.

    Args:
        persons: ids that `person find` printed; who is joined to them is held with them.
        scope: why, of what, until when it is looked at again; and the role.
    """
    if not persons:
        raise Invalid("persons", "at least one id that person find printed", got="none")
    async with call.open() as opened:
        actor = allowed(opened.house, "hold.place", scope.role)
        one_word("reason", scope.reason, "lawsuit")
        one_word("basis", scope.basis, "7-O-12-26")
        names = opened.house.live().names
        terms = Terms(
            reason=scope.reason, basis=scope.basis, persons=tuple(person_of(one) for one in persons),
            compartments=tuple(sorted(_number(names, one) for one in scope.compartment)),
            review_at=ms_of(scope.review), since=None if scope.since is None else ms_of(scope.since),
            before=None if scope.before is None else ms_of(scope.before),
        )  # fmt: skip
        await _strangers(opened.house, actor, terms)
        row = await flow.place(opened.house, terms, by=actor.id)
        told = _told(row, names, opened.house.clock.now_ms())
        told["shut"] = await flow.left_shut(opened.house, row)
    return placed(told)


def placed(told: dict[str, Any]) -> Said:
    """A hold that was placed."""
    shut = told["shut"]
    text = f"Held: {count(told['keys'], 'key')} of {count(len(told['persons']), 'source person')}, to be reviewed "
    text += f"{day(told['review'])}. Its id: {told['id']}"
    if shut:
        text += f"\nNot held: {count(shut, 'key')} that an ending has only shut. Call off what lockhouse request list "
        text += "names, if that may be, and place a second hold."
    return Said(told, text)


def one_word(option: str, said: str, example: str) -> None:
    """It goes into the ledger for good, where a text could name somebody.

    Raises:
        Invalid: it is more than a word.
    """
    if not _WORD.fullmatch(said):
        raise Invalid(f"--{option}", f"one word of letters, digits, _, . and -, such as {example}", got="another")


def _number(names: NameBook, name: str) -> int:
    """The number of a compartment of this or an earlier policy.

    Raises:
        Invalid: there was never one of this name; the names there are, as a shell takes them, are said.
    """
    found = names.known("compartment", name)
    if found is None:
        every = sorted(shlex.quote(one) for kind, _, one in names if kind == "compartment")
        raise Invalid("--compartment", f"one of {' '.join(every)}", got="another", hint="all of a person: say none")
    return found


@APP.command(name="list")
async def list_(*, acting: As | None = None, call: Here) -> Said:
    """Every hold, also those that were released, and which are past their review."""
    async with call.open() as opened:
        allowed(opened.house, "hold.list", (acting or As()).role)
        found = await flow.listed(opened.house)
        names, now = opened.house.live().names, opened.house.clock.now_ms()
    return listed([_told(row, names, now) for row in found])


def listed(value: list[dict[str, Any]]) -> Said:
    """Holds as they were told."""
    rows = [
        (one["id"], one["reason"], one["basis"], str(len(one["persons"])), str(one["keys"]), day(one["review"]),
         one["state"])
        for one in value
    ]  # fmt: skip
    heads = ("hold", "reason", "basis", "persons", "keys", "review", "state")
    return Said(value, table(heads, rows, empty="nothing is held"))


@APP.command
async def show(hold: str, /, *, acting: As | None = None, call: Here) -> Said:
    """One hold: why, of whom, of what, and by whom.

    Args:
        hold: an id that `hold list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        allowed(opened.house, "hold.show", (acting or As()).role)
        row = await flow.find(opened.house, id_of(hold, where="hold", hint=HOLDS))
        told = _told(row, opened.house.live().names, opened.house.clock.now_ms())
    return alone(told)


def alone(told: dict[str, Any]) -> Said:
    """One hold as it was told."""
    lines = {
        "hold": told["id"], "reason": told["reason"], "basis": told["basis"], "persons": ", ".join(told["persons"]),
        "compartments": ", ".join(told["compartments"]) or "all", "from": day(told["since"]),
        "before": day(told["before"]), "keys": str(told["keys"]), "review": day(told["review"]),
        "state": f"{told['state']} since {when(told['at'])} by {told['by']}", "entry": told["entry"],
    }  # fmt: skip
    return Said(told, pairs(lines))


@APP.command
async def read(hold: str, person: str, /, *, acting: As | None = None, call: Here) -> Said:
    """What a hold keeps of a person, in full, for the claim. Noted before it is shown, for `legal-claim`.

    Args:
        hold: an id that `hold list` printed.
        person: one of the hold's persons, as `hold show` names them.
        acting: the role.
    """
    async with call.open() as opened:
        house = opened.house
        actor = allowed(house, "hold.read", (acting or As()).role)
        row = await flow.find(house, id_of(hold, where="hold", hint=HOLDS))
        await _strangers(house, actor, terms_of(row))
        seen = await flow.read(house, row.id, person_of(person), actor=actor, reason=terms_of(row).reason)
    return seen_of(plain(seen))


def seen_of(told: dict[str, Any]) -> Said:
    """What a hold keeps of a person, as it was told."""
    lines = [f"{count(len(told['records']), 'record')} held, for legal-claim, noted as {told['entry']}"]
    for one in told["records"]:
        lines.append(f"\n{when(one['occurred_at'])}  {clean(one['event'])}  record {one['id']}")
        lines += [f"  {name}  {whole(value)}" for name, value in sorted(one["fields"].items())]
        lines += [f"  {name}  hidden: {SENTENCES.get(code, code)}" for name, code in sorted(one["hidden"].items())]
        lines += [f"  {count(one['unheld'], 'box', 'boxes')} not in this hold"] * bool(one["unheld"])
    return Said(told, "\n".join(lines))


@APP.command
async def review(hold: str, /, *, until: datetime, acting: As | None = None, call: Here) -> Said:
    """Say that a hold was looked at and stands on, until it is looked at again. Who said so is noted.

    Args:
        hold: an id that `hold list` printed.
        until: the day on which somebody looks again.
        acting: the role.
    """
    async with call.open() as opened:
        actor = allowed(opened.house, "hold.review", (acting or As()).role)
        row = await flow.find(opened.house, id_of(hold, where="hold", hint=HOLDS))
        await _strangers(opened.house, actor, terms_of(row))
        row = await flow.review(opened.house, row.id, until=ms_of(until), by=actor.id)
        told = _told(row, opened.house.live().names, opened.house.clock.now_ms())
    return reviewed(told)


def reviewed(told: dict[str, Any]) -> Said:
    """A hold that stands on."""
    return Said(told, f"It stands on, to be reviewed {day(told['review'])}, noted as {told['entry']}.")


@APP.command
async def release(hold: str, /, *, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Destroy a hold's key. What has ended meanwhile is gone with it; what has not is as it was.

    Args:
        hold: an id that `hold list` printed.
        yes: do not ask for the number of keys.
        acting: the role.
    """
    async with call.open() as opened:
        actor = allowed(opened.house, "hold.release", (acting or As()).role)
        row = await flow.find(opened.house, id_of(hold, where="hold", hint=HOLDS))
        await _strangers(opened.house, actor, terms_of(row))
        if row.state == STANDS:
            call.sure(gone(row.keys), str(row.keys), yes=yes)
        row = await flow.release(opened.house, row.id, by=actor.id, journal=opened.journal)
        told = _told(row, opened.house.live().names, opened.house.clock.now_ms())
    return released(told)


def released(told: dict[str, Any]) -> Said:
    """A hold whose key is destroyed."""
    return Said(told, f"Released: {count(told['keys'], 'key')} destroyed, noted as {told['entry']}.")


def gone(keys: int) -> str:
    """What a release takes away."""
    return f"{count(keys, 'key')} of the hold will be destroyed; what has ended meanwhile is gone then."


async def _strangers(house: House, actor: Actor, terms: Terms) -> None:
    """Whoever places, reads, reviews or releases a hold is none of those whom it is of."""
    own = (await house.actor_facts.of(actor)).own
    await require_other(house, *terms.persons, actor=actor, own=own, action="hold")


def _told(row: Hold, names: NameBook, now: int) -> dict[str, Any]:
    terms = terms_of(row)
    overdue = row.state == STANDS and terms.review_at <= now
    return {
        "id": row.id.hex(), "reason": terms.reason, "basis": terms.basis,
        "persons": [one.hex() for one in terms.persons],
        "compartments": [names.name("compartment", one) or f"#{one}" for one in terms.compartments],
        "since": terms.since, "before": terms.before, "keys": row.keys, "review": terms.review_at,
        "state": "past its review" if overdue else "stands" if row.state == STANDS else "released",
        "by": row.by, "at": row.at, "entry": row.entry.hex(),
    }  # fmt: skip
