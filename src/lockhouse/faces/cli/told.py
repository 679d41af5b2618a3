"""What commands about one person say: on the house's own machine, and asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lockhouse.faces.cli.layout import Said, count, plain
from lockhouse.faces.cli.people import (
    Told,
    apart,
    as_value,
    card,
    joined,
    let_in,
    looks_of,
    noted,
    over,
    put_right,
    records,
    undoable,
    unkept,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhouse.faces.cli.call import Call
    from lockhouse.flows.link import Joint
    from lockhouse.flows.looked import Looked
    from lockhouse.gates.disclose import Records, View


def found_of(seen: Sequence[tuple[View, Told]], *, more: bool, call: Call) -> Said:
    """Whom a look-up found."""
    texts = [with_undo(call, view, card(view, told, call=call)) for view, told in seen]
    if more:
        texts.append(
            f"There are more: these {len(texts)} are believed most. What else is known of the person finds fewer."
        )
    views = [as_value(view) for view, _ in seen]
    return Said({"persons": views, "more": more}, "\n\n".join(texts) or "Nobody who can be shown was found.")


class Opened(NamedTuple):
    """What a reveal rested on: courses by grace and until when (ms), whose they are, and the reason that was given."""

    graces: Mapping[str, int]
    actor: str
    reason: str | None


def revealed(said: Said, view: View, by: Opened, *, call: Call) -> Said:
    """A person whose values were opened, with what it rested on."""
    more = [*unkept(by.reason), *map(call.located, [noted(view), *let_in(by.graces, by.actor)])]
    return Said(said.value | {"grace": dict(by.graces)}, "\n".join([said.text, *more]))


def compared(value: dict[str, Any]) -> Said:
    """Whether a field is what was said, as it was told."""
    field, matches = value["field"], value["matches"]
    answer = f"{'Yes' if matches else 'No'}: that is{'' if matches else ' not'} the {field} that is held."
    tries = f"It may be checked {count(value['tries_left'] or 0, 'more time')} this hour."
    return Said(value, "\n".join([answer, tries, *over(value["spent"]), f"Noted as {value['entry']}."]))


def pages(view: View, told: Told, which: Records, *, call: Call) -> Said:
    """A page of a person's records, and what leads to the next."""
    text = with_undo(call, view, records(view, told, newest=which.after is None and which.before is None))
    text = "\n".join([text, *map(call.located, told.left_out)])
    if view.truncated and view.timeline:
        on = f"--before {view.timeline[0].id.hex()}" if which.after is None else f"--after {view.timeline[-1].id.hex()}"
        text += call.located(f"\nMore: lockhouse person timeline {view.person.hex()} {on}")
    return Said(as_value(view), text)


def who_looked(person: str, found: Looked, *, call: Call) -> Said:
    """A page of looks, and what leads to the older ones."""
    text = looks_of(found)
    if found.more:
        text += call.located(f"\nMore: lockhouse person looked {person} --before {found.looks[-1].entry.hex()}")
    return Said({"person": person, "looks": plain(found.looks), "more": found.more, "spoilt": found.spoilt}, text)


def are_one(told: dict[str, Any], *, call: Call) -> Said:
    """Two source persons who are one."""
    undo = call.located(f"Undo: lockhouse person unlink {told['person']} {told['other']}")
    return Said(told, f"They are one person from now on.\n{undo}")


def are_two(told: dict[str, Any]) -> Said:
    """Two source persons who are two again."""
    return Said(told, f"{count(told['undone'], 'link', 'links')} undone.")


class Joined(NamedTuple):
    """What joins the source persons of a view, and whom the brake holds apart from them."""

    joints: Sequence[Joint]
    apart: Sequence[Joint]


def whole(view: View, told: Told, links: Joined, *, now: int, call: Call) -> Said:
    """One person's card, with what joins their source persons."""
    text = with_undo(call, view, card(view, told, call=call))
    more = [*put_right(view, now=now), *joined(links.joints), *apart(links.apart)]
    value = as_value(view) | {"links": plain(links.joints), "held_apart": plain(links.apart)}
    return Said(value, "\n".join([text, *map(call.located, more)]))


def with_undo(call: Call, view: View, text: str) -> str:
    """The text, and below it what is only shut. Its commands alone are made to fit: a value may look like one."""
    return "\n".join([text, *map(call.located, undoable(view))])


def why_so(told: dict[str, Any], *, call: Call) -> Said:
    """Why a field is so, as it was told."""
    lines = [call.located(line) for line in told["because"]]
    return Said(told | {"because": lines}, "\n".join(lines))
