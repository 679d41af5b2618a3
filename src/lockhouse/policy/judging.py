"""Judge a policy by its tests: what was expected, what it does, and where the two part."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lockhouse.model.decision import PersonFacts
from lockhouse.model.policy import Policy
from lockhouse.policy.cases import Cases, CollectCase, DecisionCase
from lockhouse.policy.decide import decide
from lockhouse.policy.live import map_consent, purposes_open, why_shut
from lockhouse.policy.reduce import Reduced, Reducer, Seen


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A case that does not hold: where it stands, its own sentence, and a line for each difference."""

    where: str
    says: str
    lines: tuple[str, ...]


def judge_cases(policy: Policy, cases: Cases) -> tuple[Failure, ...]:
    """The cases that do not hold, in the order in which they are written; none if all do."""
    decided = ((case.where, case.says, _decided(policy, case)) for case in cases.decisions)
    collected = ((case.where, case.says, _collected(policy, case)) for case in cases.collects)
    return tuple(Failure(where=where, says=says, lines=lines) for where, says, lines in (*decided, *collected) if lines)


def _decided(policy: Policy, case: DecisionCase) -> tuple[str, ...]:
    decision = decide(policy, msgspec.structs.replace(case.ask, fields=(case.field,)))
    answer = "open" if decision.open else "masked" if decision.masked else "shut"
    codes = frozenset(decision.because.get(case.field, ()))
    told = f" ({', '.join(sorted(codes))})" if codes else ""
    if answer != case.expect:
        return (f"{case.field}: expected {case.expect}, got {answer}{told}",)
    if case.because is not None and codes != case.because:
        return (f"{case.field}: expected {answer} because of {_listed(case.because)}, got {_listed(codes)}",)
    return ()


def _collected(policy: Policy, case: CollectCase) -> tuple[str, ...]:
    reduced = _reduced(policy, case)
    slots = {slot.id: slot for slot in policy.slots}
    numbers = [*reduced.clear, *(number for box in reduced.boxes.values() for number in box)]
    kept = {slots[number].field: slots[number].purposes for number in numbers}
    dropped = dict(reduced.dropped)
    return (*_kept_lines(case, kept, dropped), *_dropped_lines(case, dropped))


def _reduced(policy: Policy, case: CollectCase) -> Reduced:
    """What is left of the event, as the collecting gate works it out: evidence of a public key moves nobody."""
    reducer = Reducer(policy, case.channel)
    seen = reducer.look(case.event)
    believed = policy.channels[case.channel].assurance_key != "public"
    told = (case.person.region, seen.region(case.event.source) if believed else None)
    regions = frozenset(one for one in told if one is not None)
    said, _ = map_consent(policy, case.event.consent)
    person: PersonFacts = msgspec.structs.replace(
        case.person,
        customer=case.person.customer | (_sold(policy, case, reducer, seen) if believed else frozenset()),
        region=next(iter(regions)) if len(regions) == 1 else None,
        regions=regions if len(regions) > 1 else frozenset(),
        event_consents=said,
        signals=case.event.signals,
    )
    return reducer.reduce(case.event, purposes_open(policy, person), why=why_shut(policy, person), seen=seen)


def _sold(policy: Policy, case: CollectCase, reducer: Reducer, seen: Seen) -> frozenset[str]:
    """The purposes for which the event itself makes its person a customer."""
    shown = reducer.identifiers(case.event, seen=seen)
    if case.event.consent == {} or not any(policy.fields[name].identifies == "person" for name, _ in shown):
        return frozenset()
    return frozenset(one.name for one in policy.purposes if case.event.name in one.sales)


def _kept_lines(case: CollectCase, kept: dict[str, tuple[str, ...]], dropped: dict[str, str]) -> Iterator[str]:
    for name in sorted(case.kept.keys() - kept.keys()):
        why = next((f" ({reason})" for path, reason in dropped.items() if path.rpartition(".")[2] == name), "")
        yield f"- {name}: expected to be kept, is not{why}"
    for name in sorted(kept.keys() - case.kept.keys()):
        yield f"+ {name}: kept for {_listed(kept[name])}, expected not to be"
    for name in sorted(kept.keys() & case.kept.keys()):
        wanted = case.kept[name]
        if wanted is not None and wanted != kept[name]:
            yield f"~ {name}: expected to be kept for {_listed(wanted)}, is for {_listed(kept[name])}"


def _dropped_lines(case: CollectCase, dropped: dict[str, str]) -> Iterator[str]:
    if case.dropped is None:
        return
    for path in sorted(case.dropped.keys() | dropped.keys()):
        wanted, found = case.dropped.get(path), dropped.get(path)
        if wanted != found:
            yield f"~ {path}: expected {_dropped(wanted)}, is {_dropped(found)}"


def _dropped(reason: str | None) -> str:
    return f"dropped as {reason}" if reason else "not dropped"


def _listed(words: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(words)) or "nothing"
