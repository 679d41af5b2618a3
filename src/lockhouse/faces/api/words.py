"""What persons said and asked for: consents, suppressions, requests to be erased."""

from __future__ import annotations

import msgspec

from lockhouse.errors import Invalid, Refused
from lockhouse.faces.api import shapes
from lockhouse.faces.api.route import Call
from lockhouse.faces.api.shapes import answered, id_of
from lockhouse.flows import consent, request
from lockhouse.flows.token import facts, may
from lockhouse.gates import about_case
from lockhouse.gates.cases import Case, sound_cases
from lockhouse.gates.disclose.said import require_other
from lockhouse.gates.ending.spoilt import spoilt_endings
from lockhouse.model.rows import Suppression

ANYWAY = "request.anyway"
_WORDS = {True: "granted", False: "denied"}


async def consent_show(call: Call) -> shapes.WordList:
    """Everything a person said."""
    own = (await facts(call.house, call.token)).own
    entry, words = await consent.look(call.house, call.id("person"), actor=call.actor, own=own)
    told = [
        {
            "purpose": one.purpose, "word": "customer" if one.customer else _WORDS[one.granted], "at": one.at,
            "channel": one.channel, "signal": one.signal, "assurance": shapes.assurance(one.assurance),
        }
        for one in words
    ]  # fmt: skip
    return answered(shapes.WordList, entry=entry, words=told)


async def consent_record(call: Call) -> shapes.WordRecorded:
    """A person's word on a purpose."""
    asked: shapes.WordAsked = call.body
    person = call.id("person")
    by, own = call.actor.id, (await facts(call.house, call.token)).own
    await require_other(call.house, person, actor=call.actor, own=own)
    row = await consent.record(call.house, person, asked.purpose, granted=asked.word == "granted", by=by)
    return answered(
        shapes.WordRecorded, person=person, purpose=asked.purpose, word=asked.word, at=row.at, entry=row.entry
    )


async def suppression_list(call: Call) -> shapes.SuppressionList:
    """Every suppression."""
    found = [_suppression_parts(call, row) for row in await consent.suppressions(call.house)]
    return answered(shapes.SuppressionList, suppressions=found)


def _suppression_parts(call: Call, row: Suppression) -> dict[str, object]:
    names = call.house.live().names
    return {
        "kind": names.name("identifier", row.kind) or f"#{row.kind}", "purposes": _closed(call, row),
        "reason": row.reason, "since": row.since, "until": row.until_at, "entry": row.entry,
    }  # fmt: skip


def _closed(call: Call, row: Suppression) -> list[str]:
    names = call.house.live().names
    return [names.name("purpose", number) or f"#{number}" for number in msgspec.msgpack.decode(row.purposes)]


async def suppression_add(call: Call) -> shapes.Suppressed:
    """An identifier is not collected again."""
    asked: shapes.SuppressAsked = call.body
    _require_kind(call, asked.kind)
    row = await consent.suppress(
        call.house, asked.kind, asked.value, purposes=asked.purposes, reason=asked.reason, by=call.actor.id
    )
    return answered(
        shapes.Suppressed, kind=asked.kind, purposes=_closed(call, row), reason=asked.reason, since=row.since,
        entry=row.entry,
    )  # fmt: skip


async def suppression_remove(call: Call) -> shapes.Lifted:
    """A suppression is lifted."""
    asked: shapes.LiftAsked = call.body
    _require_kind(call, asked.kind)
    own = (await facts(call.house, call.token)).own
    await consent.require_other_holder(call.house, asked.kind, asked.value, actor=call.actor, own=own)
    await consent.lift(call.house, asked.kind, asked.value, reason=asked.reason, by=call.actor.id)
    return answered(shapes.Lifted, kind=asked.kind, removed=True, reason=asked.reason)


def _require_kind(call: Call, kind: str) -> None:
    known = [name for name, one in call.house.live().policy.fields.items() if one.identifies is not None]
    if kind not in known:
        raise Invalid("kind", f"one of {', '.join(known)}", got="another")


async def request_list(call: Call) -> shapes.CaseList:
    """Every request and ending, and how far it has come."""
    known, bad = await sound_cases(call.house, also_closed=True)
    stalled = await spoilt_endings(call.house)
    spoilt = sorted({one.hex() for one in bad} | {one.name for one in stalled})
    cases = sorted(known, key=lambda case: (case.asked_at, case.what, case.id))
    return answered(shapes.CaseList, requests=[case_parts(case) for case in cases], spoilt=spoilt)


async def request_show(call: Call) -> shapes.CaseWhole:
    """One request."""
    case = await request.find_case(call.house, call.id("request"))
    records = await about_case.records_of(call.house, case)
    swept = case.what == "person" and request.destroyed_at(case) is not None
    return answered(shapes.CaseWhole, **case_parts(case), records=records if records or not swept else None)


async def request_cancel(call: Call) -> shapes.CaseCancelled:
    """What a request shut is readable again."""
    case = await request.find_case(call.house, call.id("request"))
    own = (await facts(call.house, call.token)).own
    await require_other(call.house, *case.persons, actor=call.actor, own=own, action="request")
    undone = await request.undo(call.house, case, by=call.actor.id)
    others = [case_parts(one) for one in await request.still_shut(call.house, undone)]
    return answered(shapes.CaseCancelled, **case_parts(undone), others=others)


async def request_open(call: Call) -> shapes.CaseOpened:
    """A person is shut in every process at once; their keys are destroyed after a cooling time."""
    asked: shapes.OpenAsked = call.body
    # The bound on erasures in an hour is against stolen tokens: a token of request.* passes it as little as another.
    if asked.anyway and not (ANYWAY in call.token.terms.may and may(call.house.live().policy, call.token, ANYWAY)):
        raise Refused(f"anyway: expected a token with {ANYWAY} by that name", reasons=("no-permission",))
    person, own = id_of(asked.person, where="person"), (await facts(call.house, call.token)).own
    await require_other(call.house, person, actor=call.actor, own=own, action="request")
    done = await request.open_erasure(
        call.house, person, by=call.actor.id, compartment=asked.compartment,
        anyway=asked.anyway,
    )  # fmt: skip
    said = await about_case.beside(call.house, done.case)
    return answered(shapes.CaseOpened, **case_parts(done.case), took_ms=done.took_ms, **said._asdict())


def case_parts(case: Case) -> dict[str, object]:
    """A request as it is told."""
    return {
        "request": case.id, "what": case.what, "step": case.step, "reason": case.reason, "by": case.by,
        "asked_at": case.asked_at, "destroy_at": case.destroy_at, "destroyed_at": request.destroyed_at(case),
        "scope": case.scope, "keys": len(case.serials), "persons": len(case.persons), "entries": case.entries,
        "confirm": case.run.id if case.is_unmeant and case.run is not msgspec.UNSET else None,
        "completion": case.completion, "cancelled_by": case.cancelled_by, "cancellation": case.cancellation,
    }  # fmt: skip
