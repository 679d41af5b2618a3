"""`lockhouse proposal …`: source persons who may be one. Nothing joins them but whoever looks at them and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun, person_of
from lockhouse.faces.cli.layout import Said, day, plain, table
from lockhouse.faces.cli.told import are_one
from lockhouse.flows import link, propose
from lockhouse.gates.disclose.said import require_other

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor

APP = noun("proposal", "Source persons who may be one: compare, join or refuse them.")
_PERMISSION = "person.link"


@APP.command(name="list")
async def list_(*, limit: int = propose.LIMIT, acting: As | None = None, call: Here) -> Said:
    """Pairs whom one identifier leads to, where one of them only typed it. The newest first, of half a year.

    Every blind index of the house is read for it, a second or so for each 100,000.

    Args:
        limit: how many pairs.
        acting: the role.
    """
    async with call.open() as opened:
        allowed(opened.house, _PERMISSION, (acting or As()).role)
        with call.terminal.progress("indexes read", shown=not call.json) as told:
            found = await propose.proposals(opened.house, limit=limit, told=told)
    return listed(plain(found), call=call)


def listed(found: dict[str, Any], *, call: Call) -> Said:
    """Who may be one person, as it was told."""
    pairs = found["proposals"]
    rows = [(one["weaker"], one["stronger"], ", ".join(one["fields"]), one["belief"], day(one["at"])) for one in pairs]
    text = table(("one", "other", "by", "believed as", "since"), rows, empty="nobody is proposed")
    return Said(found, "\n".join([text, *_what_next(call, pairs), *["There are more."] * found["more"]]))


def _what_next(call: Call, found: list[dict[str, Any]]) -> list[str]:
    if not found:
        return []
    pair = f"{found[0]['weaker']} {found[0]['stronger']}"
    any_public = any(one["belief"] == "public" for one in found)
    public = ["What is believed as public anybody may have typed."] * any_public
    return [*public, call.located(f"Compare: lockhouse proposal compare {pair}")]


@APP.command
async def compare(person: str, other: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Which further fields of the two agree, and which differ. It is noted; no value is shown.

    Args:
        person: an id that `proposal list` printed.
        other: the other one of the pair.
        acting: the role.
    """
    one, two = person_of(person), person_of(other)
    async with call.open() as opened:
        by = allowed(opened.house, _PERMISSION, (acting or As()).role)
        await _strangers(opened.house, (one, two), by, "compare")
        found = await propose.compare(opened.house, one, two, by=by)
    return compared(person, other, plain(found), call=call)


def compared(person: str, other: str, found: dict[str, Any], *, call: Call) -> Said:
    """What of the two agrees, as it was told."""
    lines = [
        f"Agree: {', '.join(found['agree']) or 'nothing'}. Differ: {', '.join(found['differ']) or 'nothing'}.",
        f"Noted as {found['entry']}.",
        call.located(f"They are one: lockhouse proposal accept {person} {other}"),
        call.located(f"They are not: lockhouse proposal refuse {person} {other}"),
    ]
    return Said(found, "\n".join(lines))


@APP.command
async def accept(person: str, other: str, /, *, acting: As | None = None, call: Here) -> Said:
    """The two are one: they are shown and erased together from now on.

    Args:
        person: an id that `proposal list` printed.
        other: the other one of the pair.
        acting: the role.
    """
    one, two = person_of(person), person_of(other)
    async with call.open() as opened:
        by = allowed(opened.house, _PERMISSION, (acting or As()).role)
        await _strangers(opened.house, (one, two), by, "link")
        await propose.require(opened.house, one, two)
        row = await link.make(opened.house, one, two, by=by.id)
    return are_one({"person": person, "other": other, "link": row.id.hex()}, call=call)


@APP.command
async def refuse(person: str, other: str, /, *, acting: As | None = None, call: Here) -> Said:
    """The two are not one: they are not proposed any more.

    Args:
        person: an id that `proposal list` printed.
        other: the other one of the pair.
        acting: the role.
    """
    one, two = person_of(person), person_of(other)
    async with call.open() as opened:
        by = allowed(opened.house, _PERMISSION, (acting or As()).role)
        await _strangers(opened.house, (one, two), by, "refuse")
        await propose.refuse(opened.house, one, two, by=by.id)
    return refused({"person": person, "other": other, "refused": True}, call=call)


def refused(told: dict[str, Any], *, call: Call) -> Said:
    """Two who are not proposed any more."""
    undo = call.located(f"If they are one after all: lockhouse person link {told['person']} {told['other']}")
    return Said(told, f"They are not proposed any more.\n{undo}")


async def _strangers(house: House, pair: tuple[bytes, bytes], by: Actor, action: str) -> None:
    """Neither of a pair is whoever decides over it."""
    await require_other(house, *pair, actor=by, own=(await house.actor_facts.of(by)).own, action=action)
