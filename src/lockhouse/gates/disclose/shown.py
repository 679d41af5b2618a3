"""From opened records to a view: fold or list, then open or mask each field as decided."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from lockhouse.gates.corrections import SAID_AS, channel_name, event_name, is_correction
from lockhouse.gates.disclose.view import FieldView, Moment, RecordView, ShutBoxes, View
from lockhouse.gates.imports import STAFF_CHANNEL
from lockhouse.identity.fold import Seen, belief, fold
from lockhouse.identity.normalise import normal
from lockhouse.policy.types.mask import mask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from lockhouse.gates.disclose.covered import Covered
    from lockhouse.gates.disclose.opened import OpenedRecord
    from lockhouse.gates.house import House, LivePolicy
    from lockhouse.gates.lookups import Pointed
    from lockhouse.gates.rings import Waiting
    from lockhouse.model.decision import Ask, Decision
    from lockhouse.model.rows import Record

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
        moments=_moments(live, opened) if ask.action == "show" else (),
        channels=dict(Counter(channel_name(live, one.row.channel) for one in opened)),
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


def _moments(live: LivePolicy, opened: Sequence[OpenedRecord]) -> tuple[Moment, ...]:
    """Each record's once: of one that a snapshot covers in part there are several."""
    found: dict[bytes, Moment] = {}
    for one in opened:
        before = found.get(one.row.id)
        found[one.row.id] = Moment(
            channel=channel_name(live, one.row.channel), at=one.row.occurred_at,
            shows=bool(one.values) or (before is not None and before.shows),
        )  # fmt: skip
    return tuple(found.values())


def _with_covered(live: LivePolicy, view: View, opened: Sequence[OpenedRecord], covered: Covered) -> View:
    """The view with what is told of all records: of those that are opened it tells already."""
    channels = {channel_name(live, number): many for number, many in covered.channels.items()}
    return msgspec.structs.replace(
        view, channels=channels, records=covered.many - covered.left_out, total=covered.many, first_at=covered.first_at,
        last_at=covered.last_at, ended=_sum([covered.ended, *(one.ended for one in opened)]),
        shut=_shut_boxes(_sum([covered.shut, *(one.shut for one in opened)])),
    )  # fmt: skip


def _folded(
    live: LivePolicy, decision: Decision, opened: Sequence[OpenedRecord], *, hidden: Mapping[str, Collection[str]]
) -> dict[str, FieldView]:
    """The most believed of each field's values; of what stays shut, and beside the opened is `hidden`, why it does."""
    whose, overruling = {one.row.id: one.row for one in opened}, _overruling(opened)
    views = _shut(decision)
    for field, best in fold(_seen(opened)).items():
        if field in overruling and _belief(whose[best.record]) < overruling[field]:
            continue
        views[field] = _shown(live, decision, field, best.value, source=whose[best.record])
    codes = {field: set(words) for field, words in hidden.items()}
    for one in opened:
        for field, code in one.hidden.items():
            codes.setdefault(field, set()).add(code)
    views |= {field: _hidden(*words) for field, words in codes.items() if field not in views}
    return dict(sorted(views.items()))


def _seen(opened: Sequence[OpenedRecord]) -> Iterator[Seen]:
    for one in opened:
        row = one.row
        for field, value in one.values.items():
            yield Seen(
                field=field, value=value, proof=row.proof, assurance=row.assurance, at=row.occurred_at, record=row.id,
                channel=row.channel,
            )  # fmt: skip


def _overruling(opened: Sequence[OpenedRecord]) -> dict[str, tuple[int, bool, int, bytes]]:
    """Fields that were put right by a value which stays shut in this look, and how far that is believed.

    What is believed less is not shown in its place: it is what the person said is wrong.
    """
    found: dict[str, tuple[int, bool, int, bytes]] = {}
    for one in opened:
        for field in one.hidden if is_correction(one.row) else ():
            found[field] = max(_belief(one.row), found.get(field, _belief(one.row)))
    return found


def _belief(row: Record) -> tuple[int, bool, int, bytes]:
    return belief(row.proof, row.assurance, at=row.occurred_at, record=row.id)


def marked(live: LivePolicy, view: View, opened: Sequence[OpenedRecord], by: Mapping[bytes, Pointed]) -> View:
    """The view, which says so where the person was found only by what has been put right since."""
    led = [by[person] for person in view.persons if person in by]
    former = [one for one in led if _is_former(live, opened, one)]
    return msgspec.structs.replace(view, former=True) if led and len(former) == len(led) else view


def _is_former(live: LivePolicy, opened: Sequence[OpenedRecord], by: Pointed) -> bool:
    best = fold(seen for seen in _seen(opened) if seen.field == by.field).get(by.field)
    return (
        best is not None
        and best.channel == STAFF_CHANNEL
        and normal(live.kind(by.field).type, str(best.value)) != by.plain
    )


def _hidden(*codes: str) -> FieldView:
    """Something is held, and the policy of today or that of its day keeps it shut."""
    return FieldView(state="shut", because=tuple(sorted(codes)))


def _record(live: LivePolicy, decision: Decision, one: OpenedRecord) -> RecordView:
    row = one.row
    fields = {field: _shown(live, decision, field, value, source=row) for field, value in one.values.items()}
    fields |= {field: _hidden(code) for field, code in one.hidden.items() if field not in fields}
    return RecordView(
        id=row.id, person=row.person, event=event_name(live, row.event), channel=channel_name(live, row.channel),
        occurred_at=row.occurred_at, received_at=row.received_at, assurance=row.assurance, proof=_proof(row),
        fields=fields, ended=one.ended, shut=_shut_boxes(one.shut),
    )  # fmt: skip


def _shown(live: LivePolicy, decision: Decision, field: str, value: Any, *, source: Record) -> FieldView:
    told: dict[str, Any] = {
        "channel": channel_name(live, source.channel), "proof": _proof(source), "at": source.occurred_at,
        "person": source.person, "corrected": is_correction(source),
    }  # fmt: skip
    because, conditions = decision.because.get(field, ()), decision.conditions.get(field, ())
    if field in decision.open:
        return FieldView(state="open", value=value, **told)
    if field in decision.masked:
        return FieldView(
            state="masked", value=mask(live.policy.fields[field], value), because=because, conditions=conditions,
            **told,
        )  # fmt: skip
    return FieldView(state="shut", because=because, conditions=conditions)


def _shut(decision: Decision) -> dict[str, FieldView]:
    return {
        field: FieldView(
            state="shut", because=decision.because.get(field, ()), conditions=decision.conditions.get(field, ())
        )
        for field in decision.shut
    }


def _proof(row: Record) -> int:
    return SAID_AS if is_correction(row) else row.proof


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
