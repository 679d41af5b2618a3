"""`lockhouse proposal …`: source persons who may be one. Nothing joins them but whoever looks at them and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun, person_of
from lockhouse.faces.cli.layout import Said, day, plain, table
from lockhouse.flows import link, propose

if TYPE_CHECKING:
    from lockhouse.flows.propose import Proposed

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
    rows = [(one.weaker.hex(), one.stronger.hex(), ", ".join(one.fields), one.belief, day(one.at))
            for one in found.proposals]  # fmt: skip
    text = table(("one", "other", "by", "believed as", "since"), rows, empty="nobody is proposed")
    return Said(plain(found), "\n".join([text, *_what_next(call, found.proposals), *["There are more."] * found.more]))


def _what_next(call: Here, found: tuple[Proposed, ...]) -> list[str]:
    if not found:
        return []
    pair = f"{found[0].weaker.hex()} {found[0].stronger.hex()}"
    public = "What is believed as public anybody may have typed." if any(o.belief == "public" for o in found) else ""
    return [*[public] * bool(public), call.located(f"Compare: lockhouse proposal compare {pair}")]


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
        found = await propose.compare(opened.house, one, two, by=by.id)
    lines = [
        f"Agree: {', '.join(found.agree) or 'nothing'}. Differ: {', '.join(found.differ) or 'nothing'}.",
        f"Noted as {found.entry.hex()}.",
        call.located(f"They are one: lockhouse proposal accept {person} {other}"),
        call.located(f"They are not: lockhouse proposal refuse {person} {other}"),
    ]
    return Said(plain(found), "\n".join(lines))


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
        await propose.require(opened.house, one, two)
        row = await link.make(opened.house, one, two, by=by.id)
    undo = call.located(f"Undo: lockhouse person unlink {person} {other}")
    return Said({"person": person, "other": other, "link": row.id}, f"They are one person from now on.\n{undo}")


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
        await propose.refuse(opened.house, one, two, by=by.id)
    undo = call.located(f"If they are one after all: lockhouse person link {person} {other}")
    return Said({"person": person, "other": other, "refused": True}, f"They are not proposed any more.\n{undo}")
