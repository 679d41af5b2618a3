"""From opened records to a view: fold or list, then open or mask each field as decided."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from lockhouse.gates.disclose.view import FieldView, RecordView, ShutBoxes, View
from lockhouse.identity.fold import Seen, fold
from lockhouse.policy.types.mask import mask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lockhouse.gates.disclose.covered import Covered
    from lockhouse.gates.disclose.opened import OpenedRecord
    from lockhouse.gates.house import House, LivePolicy
    from lockhouse.gates.rings import Waiting
    from lockhouse.model.decision import Ask, Decision

KeyT = TypeVar("KeyT")
UNFOLDED = frozenset({"package", "send", "timeline"})
"""Actions that see records one by one; the others see one value a field."""


def view_of(house: House, ask: Ask, group: Any, opened: Sequence[OpenedRecord], *, entry: bytes) -> View:
    """One canonical person as decided: `group` is the gate's own, with persons, facts, decision and rows."""
    live, decision = house.live(), group.decision
    state = 0
    for facts in group.facts:
        state |= facts.state
    if not group.fields:
        because = tuple(sorted({word for words in decision.because.values() for word in words}))
        return View(
            person=group.persons[0], persons=group.persons, state=state, entry=entry, refused=because or ("denied",),
            fields=_shut(decision), spent=group.spent,
        )  # fmt: skip
    times = [one.row.occurred_at for one in opened]
    listed, covered = ask.action in UNFOLDED, group.covered
    view = View(
        person=group.persons[0],
        persons=group.persons,
        state=state,
        entry=entry,
        fields={} if listed else _folded(live, decision, opened, hidden={} if covered is None else covered.hidden),
        timeline=tuple(_record(live, decision, one) for one in opened) if listed else (),
        channels=dict(Counter(_channel(live, one.row.channel) for one in opened)),
        records=len(opened),
        total=max(group.total, len(opened)),
        truncated=group.truncated,
        first_at=min(times, default=None),
        last_at=max(times, default=None),
        ended=_sum(one.ended for one in opened),
        shut=_shut_boxes(_sum(one.shut for one in opened)),
        spoilt=group.spoilt,
        spent=group.spent,
        tries_left=group.tries_left,
        marks=group.marks,
        grants=tuple(sorted(group.grants)),
    )
    return view if covered is None else _with_covered(live, view, opened, covered)


def _with_covered(live: LivePolicy, view: View, opened: Sequence[OpenedRecord], covered: Covered) -> View:
    """The view with what is told of all records: of those that are opened it tells already."""
    channels = {_channel(live, number): many for number, many in covered.channels.items()}
    return msgspec.structs.replace(
        view, channels=channels, records=covered.many - covered.left_out, total=covered.many, first_at=covered.first_at,
        last_at=covered.last_at, ended=_sum([covered.ended, *(one.ended for one in opened)]),
        shut=_shut_boxes(_sum([covered.shut, *(one.shut for one in opened)])),
    )  # fmt: skip


def _folded(
    live: LivePolicy, decision: Decision, opened: Sequence[OpenedRecord], *, hidden: Mapping[str, Collection[str]]
) -> dict[str, FieldView]:
    """The most believed of each field's values; of what stays shut, and beside the opened is `hidden`, why it does."""
    seen = (
        Seen(
            field=field, value=value, proof=one.row.proof, assurance=one.row.assurance, at=one.row.occurred_at,
            record=one.row.id, channel=one.row.channel, rectified=False,
        )
        for one in opened
        for field, value in one.values.items()
    )  # fmt: skip
    views = _shut(decision)
    for field, best in fold(seen).items():
        source = (_channel(live, best.channel), best.proof, best.at)
        views[field] = _shown(live, decision, field, best.value, source=source)
    codes = {field: set(words) for field, words in hidden.items()}
    for one in opened:
        for field, code in one.hidden.items():
            codes.setdefault(field, set()).add(code)
    views |= {field: _hidden(*words) for field, words in codes.items() if field not in views}
    return dict(sorted(views.items()))


def _hidden(*codes: str) -> FieldView:
    """Something is held, and the policy of today or that of its day keeps it shut."""
    return FieldView(state="shut", because=tuple(sorted(codes)))


def _record(live: LivePolicy, decision: Decision, one: OpenedRecord) -> RecordView:
    row = one.row
    channel = _channel(live, row.channel)
    fields = {
        field: _shown(live, decision, field, value, source=(channel, row.proof, row.occurred_at))
        for field, value in one.values.items()
    }
    fields |= {field: _hidden(code) for field, code in one.hidden.items() if field not in fields}
    return RecordView(
        id=row.id, person=row.person, event=live.names.name("event", row.event) or f"#{row.event}", channel=channel,
        occurred_at=row.occurred_at, received_at=row.received_at, assurance=row.assurance, proof=row.proof,
        fields=fields, ended=one.ended, shut=_shut_boxes(one.shut),
    )  # fmt: skip


def _shown(live: LivePolicy, decision: Decision, field: str, value: Any, *, source: tuple[str, int, int]) -> FieldView:
    channel, proof, at = source
    because, conditions = decision.because.get(field, ()), decision.conditions.get(field, ())
    if field in decision.open:
        return FieldView(state="open", value=value, channel=channel, proof=proof, at=at)
    if field in decision.masked:
        return FieldView(
            state="masked", value=mask(live.policy.fields[field], value), because=because, conditions=conditions,
            channel=channel, proof=proof, at=at,
        )  # fmt: skip
    return FieldView(state="shut", because=because, conditions=conditions)


def _shut(decision: Decision) -> dict[str, FieldView]:
    return {
        field: FieldView(
            state="shut", because=decision.because.get(field, ()), conditions=decision.conditions.get(field, ())
        )
        for field in decision.shut
    }


def _channel(live: LivePolicy, number: int) -> str:
    return live.names.name("channel", number) or f"#{number}"


def _sum(counts: Iterable[Mapping[KeyT, int]]) -> dict[KeyT, int]:
    total: Counter[KeyT] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def _shut_boxes(shut: Mapping[Waiting, int]) -> tuple[ShutBoxes, ...]:
    return tuple(
        ShutBoxes(request=case, destroy_at=destroy_at, boxes=boxes)
        for (case, destroy_at), boxes in sorted(shut.items())
    )
