"""A person on the screen: each field with its state, source, proof and date, and below it why something is hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from lockhouse.faces.cli.acting import blind
from lockhouse.faces.cli.layout import clean, count, day, plain, proof, table, when
from lockhouse.faces.masks import because, of_view
from lockhouse.gates.corrections import UNDO_MS
from lockhouse.gates.disclose import ticket_of
from lockhouse.identity.match import BRAKE
from lockhouse.model.scale import PersonState
from lockhouse.policy.decide import plain_reason
from lockhouse.policy.sentences import SENTENCES, out_of_tries, over_limit, spent_hour

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockhouse.faces.cli.call import Call
    from lockhouse.flows.link import Joint
    from lockhouse.flows.looked import Look, Looked
    from lockhouse.gates.disclose import FieldView, View
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Policy

OF_THE_ROLE = frozenset({"class-not-seen", "no-role", "no-such-purpose", "not-for-this-purpose"})
"""Reasons that are said better by naming a role that sees persons."""
ENDED = {"erased": "the key is gone", "expired": "kept as long as was promised"}
"""How a box came to its end; the key of an expired one may still wait for its destruction."""
MAX_SHOWN = 60
"""Characters of a value on one line; `--json` has all of it."""


class Told(NamedTuple):
    """What is said beside a view.

    Attributes:
        look: who looked as what, for which purpose and reason.
        why: (field, codes) -> why it is not open, in sentences. refused: why nothing is.
        left_out: what the look did not ask for, and what shows it.
    """

    look: str
    why: Mapping[tuple[str, tuple[str, ...]], str]
    refused: list[str]
    left_out: tuple[str, ...] = ()


def told_of(view: View, policy: Policy, ask: Ask) -> Told:
    """What is said beside a view that this house made for an ask."""
    refused, left_out = why_refused(view, policy, ask), _left_out(view, policy, ask)
    ask = of_view(ask, view)
    shown = [*view.fields.items(), *(pair for one in view.timeline for pair in one.fields.items())]
    why = {
        (name, one.because): because(policy, ask, name, one.because, person=view.person.hex())
        for name, one in shown
        if one.state != "open" and one.because
    }
    return Told(look_of(ask.actor.roles, ask.purpose, ask.reason), why, refused, left_out)


def _left_out(view: View, policy: Policy, ask: Ask) -> tuple[str, ...]:
    """That a member's look without a fresh proof has no special data, where a role of theirs sees any."""
    if ask.action == "reveal" or ask.fields is None:
        return ()
    rows = [policy.table.get(role, {}).get(ask.purpose, {}) for role in ask.actor.roles]
    special = [one for name, one in policy.fields.items() if one.special and name not in ask.fields]
    if not any(one.class_ in row for row in rows for one in special):
        return ()
    return (f"Special data is left out. Your roles see it by: lockhouse person reveal {view.person.hex()}",)


def card(view: View, told: Told, *, call: Call) -> str:
    """A view as lines. Its commands are made to fit the call, and its values are not: one may look like a command."""
    lines = [_head(view), f"{told.look}, noted as {view.entry.hex()}"]
    if view.refused:
        return "\n".join([*lines, *(f"  {call.located(one)}" for one in told.refused)])
    lines += beyond(view)
    seen = {name: one for name, one in view.fields.items() if one.state != "shut"}
    rows = [
        (name, one.state, shown(one.value), one.channel or "-", believed(one), day(one.at))
        for name, one in seen.items()
    ]
    heads = ("field", "state", "value", "from", "proof", "date")
    lines.append(table(heads, rows, empty="nothing is held that this role may see"))
    if view.former:
        lines.append("Found by what was held before: it has been put right since.")
    lines += map(call.located, [*_because(view.fields.items(), told), *told.left_out])
    lines += [
        f"{count(number, 'box', 'boxes')} {word}: {ENDED[word]}, and nothing opens {'it' if number == 1 else 'them'}."
        for word, number in sorted(view.ended.items())
    ]
    if view.spoilt:
        lines.append(
            f"{count(view.spoilt, 'snapshot')} not as this house made: not used, the records themselves decide."
        )
    if view.truncated:
        lines.append(call.located("There are more records, believed less: lockhouse person timeline shows them."))
    return "\n".join(lines)


def believed(field: FieldView) -> str:
    """How far a value is believed; of one that was put right, that it was."""
    return "corrected" if field.corrected else proof(field.proof)


def put_right(view: View, *, now: int) -> list[str]:
    """What was put right of the person and can be undone still, and how."""
    return [
        f"{name} was put right on {day(one.at)}. Until {when(one.at + UNDO_MS)} it can be undone: lockhouse person "
        f"change {view.person.hex()} {name} --undo"
        for name, one in view.fields.items()
        if one.corrected and one.at is not None and now < one.at + UNDO_MS
    ]


def undoable(view: View) -> list[str]:
    """What is shut and not destroyed: until when that can be undone, and how."""
    return [
        f"{count(part.boxes, 'box', 'boxes')} shut by a request, or since a keep is over. Until "
        f"{when(part.destroy_at)} it can be undone: lockhouse request cancel {part.request.hex()}"
        for part in view.shut
    ]


def why_refused(view: View, policy: Policy, ask: Ask) -> list[str]:
    """Why nothing of a person is shown, and what would help: another role, if this one sees nobody."""
    other = blind(policy, ask)
    codes = [code for code in view.refused if not other or code not in OF_THE_ROLE]
    return [other] * bool(other) + [_sentence(code, view, ask) for code in codes]


def _sentence(code: str, view: View, ask: Ask) -> str:
    if view.spent is not None and code == "quota":
        return spent_hour(view.spent.limit, view.spent.free_at, actor=ask.actor.owner or ask.actor.id)
    if view.spent is not None and code == "tries":
        return out_of_tries(view.spent.free_at)
    return SENTENCES.get(code, code)


def beyond(view: View) -> list[str]:
    """That a look was beyond the actor's limit, which only observes."""
    return over(plain(view.spent))


def over(spent: Mapping[str, Any] | None) -> list[str]:
    """The same as it was told."""
    return [over_limit(spent["limit"], spent["free_at"])] * (not spent["refused"]) if spent else []


def unkept(reason: str | None) -> list[str]:
    """That what stands behind the reason's word was not kept, if it is no ticket: free text may name anybody."""
    if not (reason or "").partition(":")[2].strip() or ticket_of(reason):
        return []
    return ["What stands behind the reason's word was not kept: only a ticket such as T-17 or #4711 is."]


def noted(view: View) -> str:
    """Where what was noted of this look can be read again, and proven."""
    entry = view.entry.hex()
    return f"What was noted of it: lockhouse ledger log --entry {entry}\nIts proof: lockhouse ledger prove {entry}"


def let_in(graces: Mapping[str, int], actor: str) -> list[str]:
    """That courses are not recorded or have lapsed, until when a grace lets the actor in, and who helps."""
    if not graces:
        return []
    until, courses = when(min(graces.values())), sorted(graces)
    said = f"Of your courses nothing in force is recorded: {', '.join(courses)}. A grace lets you in until {until}. An "
    return [f"{said}admin records what you took: lockhouse training record {actor} {courses[0]} --until DAY"]


def looks_of(found: Looked) -> str:
    """Looks at a person, the newest first, one a line."""
    rows = [
        (when(one.at), one.actor, one.role, one.recipient or one.action, one.purpose, one.reason, _fields_of(one))
        for one in found.looks
    ]
    heads = ("when", "who", "as", "what", "for", "reason", "fields")
    lines = [table(heads, rows, empty="nobody looked, or what was kept of it is gone")]
    if found.spoilt:
        lines.append(
            f"{count(found.spoilt, 'note')} not as a look left it: lockhouse ledger verify --state names them."
        )
    return "\n".join(lines)


def _fields_of(one: Look) -> str:
    told = [*one.open, *(f"{name} (masked)" for name in one.masked)]
    text = clean(", ".join(told)) or "-"
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def joined(joints: Sequence[Joint]) -> list[str]:
    """What joins the source persons of a view, where it is told by whom or what, and how each is undone."""
    return [
        f"Joined since {day(one.since)}, believed as {proof(one.proof)}: lockhouse ledger log --kind link tells by "
        f"whom, lockhouse person unlink {one.one.hex()} {one.other.hex()} undoes it"
        for one in joints
    ]


def apart(joints: Sequence[Joint]) -> list[str]:
    """Whom the brake holds apart, and how they are joined all the same."""
    return [
        f"Held apart since {day(one.since)}: an identifier of theirs comes with more than {BRAKE} others of one kind. "
        f"If they are one person: lockhouse person link {one.one.hex()} {one.other.hex()}"
        for one in joints
    ]


def _head(view: View, *, which: str = "the most believed ") -> str:
    joined = f", {count(len(view.persons), 'source person')} joined" if len(view.persons) > 1 else ""
    state = _states(view)
    words = f", {' and '.join(state)}" if state else ""
    span = f", {day(view.first_at)} to {day(view.last_at)}" if view.records else ""
    ways = ", ".join(f"{name} {number}" for name, number in sorted(view.channels.items()))
    return f"person {view.person.hex()}{joined}{words}: {_number(view, which)}{span}" + (
        f" ({clean(ways)})" if ways else ""
    )


def as_value(view: View) -> dict[str, Any]:
    """A view for a script: what stands against the person's data in words, as people read it."""
    return {**plain(view), "state": _states(view)}


def _states(view: View) -> list[str]:
    return [flag.name.lower() for flag in PersonState if flag and flag.name and view.state & flag]


def _number(view: View, which: str) -> str:
    if view.total <= view.records:
        return count(view.records, "record")
    return f"{which}{view.records:,} of {count(view.total, 'record')}"


def look_of(roles: Sequence[str], purpose: str, reason: str | None) -> str:
    """Who looked as what, for what."""
    why = f", reason {clean(plain_reason(reason))}{ticket_of(reason)}" if reason else ", no reason given"
    return f"as {' and '.join(roles)} for {purpose}{why}"


def _because(fields: Iterable[tuple[str, FieldView]], told: Told) -> list[str]:
    """Each reason once, with the fields it holds for."""
    held: dict[str, dict[str, None]] = {}
    for name, one in fields:
        said = told.why.get((name, one.because))
        if said is not None:
            held.setdefault(said, {})[name] = None
    return [f"{', '.join(names)}: {said}" for said, names in held.items()]


def whole(value: Any) -> str:
    """A value with all that it has, however long; of a list each item."""
    return "; ".join(_items(value)) or "-"


def _items(value: Any) -> list[str]:
    return [clean(_spelt(one)) for one in value] if isinstance(value, list | tuple) else [clean(_spelt(value))]


def shown(value: Any) -> str:
    """A value on one line; of a list as many items as fit, and how many more there are."""
    items = _items(value)
    kept = items[:1]
    for item in items[1:]:
        if len("; ".join([*kept, item])) > MAX_SHOWN:
            break
        kept.append(item)
    text = "; ".join(kept) or "-"
    text = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
    more = len(items) - len(kept)
    return f"{text}; and {more} more" if more else text


def _spelt(value: Any) -> str:
    """A value in words and signs of no programming language."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_spelt(one)}" for name, one in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def records(view: View, told: Told, *, newest: bool) -> str:
    """A page of a timeline: the newest records, or others; below it why something in them is hidden."""
    noted_as = f"{told.look}, noted as {view.entry.hex()}"
    lines = [_head(view, which="the newest " * newest), noted_as, *beyond(view)]
    for one in view.timeline:
        lines.append(f"\n{when(one.occurred_at)}  {clean(one.event)}  {clean(one.channel)}  record {one.id.hex()}")
        lines += [f"  {name}  {_field(field)}" for name, field in sorted(one.fields.items())]
        lines += [f"  {count(number, 'box', 'boxes')} {word}" for word, number in sorted(one.ended.items())]
        lines += [f"  {count(part.boxes, 'box', 'boxes')} shut" for part in one.shut]
    hidden = [(name, field) for one in view.timeline for name, field in one.fields.items() if field.state == "shut"]
    lines += ["", *_because(hidden, told)] if hidden else []
    return "\n".join(lines)


def _field(field: FieldView) -> str:
    if field.state == "shut":
        return "hidden"
    return f"{shown(field.value)}{'' if field.state == 'open' else '  (masked)'}"
