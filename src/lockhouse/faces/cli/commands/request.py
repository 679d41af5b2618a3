"""`lockhouse request …`: a person's request to be erased, from opened to certified."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from lockhouse.errors import Conflict, Refused
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, id_of, noun, person_of
from lockhouse.faces.cli.endings import destroyed_of, unmeant
from lockhouse.faces.cli.files import write_new
from lockhouse.faces.cli.layout import Said, count, pairs, plain, table, when
from lockhouse.flows import request
from lockhouse.gates import about_case
from lockhouse.gates.cases import LAPSE, Case, sound_cases
from lockhouse.gates.disclose.said import require_other
from lockhouse.gates.ending.spoilt import spoilt_endings

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call

APP = noun("request", "A person's request to be erased: shut at once, destroyed later, certified.")
CASES = "lockhouse request list prints ids"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Opening(As):
    """What a request asks for."""

    right: Literal["erase"] = "erase"
    """which right of theirs"""
    compartment: str | None = None
    """end one compartment only, by its whole name (an unknown one lists them)"""
    anyway: bool = False
    """even though there were unusually many in the last hour"""


@APP.command(name="open")
async def open_(person: str, /, *, opening: Opening | None = None, call: Here) -> Said:
    """Open a request: the person is shut in every process at once; their keys are destroyed after a cooling time.

    Args:
        person: an id that `person find` printed.
        opening: what is asked for.
    """
    asked = opening or Opening()
    who = person_of(person)
    async with call.open(purpose="shut") as opened:
        actor = allowed(opened.house, "request.open", asked.role)
        own = (await opened.house.actor_facts.of(actor)).own
        await require_other(opened.house, who, actor=actor, own=own, action="request")
        done = await request.open_erasure(
            opened.house, who, by=actor.id, compartment=asked.compartment, anyway=asked.anyway
        )
        beside = await about_case.beside(opened.house, done.case)
    value = _told(done.case) | {"took_ms": done.took_ms, **beside._asdict()}
    return opened_as(value, right=asked.right, call=call)


def opened_as(value: dict[str, Any], *, right: str, call: Call) -> Said:
    """A request that was opened, as it was told."""
    text = (
        f"Request {value['request']}: {right}, shut in every process after {value['took_ms']} ms. "
        f"{count(value['keys'], 'key')} of {count(value['persons'], 'source person')} "
        f"will be destroyed from {when(value['destroy_at'])} on.\n"
        f"Until then: lockhouse request cancel {value['request']}"
    )
    held, apart, doubt = value["holds"], value["held_apart"], value["doubt"]
    if held:
        text += f"\nA legal hold keeps what it is of all the same, for its claim alone: {', '.join(held)}"
    if apart:
        text += (
            "\nNot ended, since an identifier that comes with too many holds them apart; if they are the same person, "
            f"open a request for each: {', '.join(apart)}"
        )
    if doubt:
        text += f"\nNothing is destroyed while the clock is in doubt. {doubt}"
    return Said(value, call.located(text))


@APP.command(name="list")
async def list_(*, call: Here) -> Said:
    """Every request and retention ending, with how far it has come."""
    async with call.open(purpose="shut") as opened:
        known, bad = await sound_cases(opened.house, also_closed=True)
        stalled = await spoilt_endings(opened.house)
    spoilt = sorted({one.hex() for one in bad} | {one.name for one in stalled})
    cases = sorted(known, key=lambda case: (case.asked_at, case.what, case.id))
    return listed([_told(case) for case in cases], spoilt)


def listed(cases: list[dict[str, Any]], spoilt: list[str]) -> Said:
    """Requests as they were told, and those whose rows somebody changed."""
    rows: list[tuple[str, ...]] = [
        (case["request"], case["what"], case["step"], case["reason"], when(case["asked_at"]), destroyed_of(case))
        for case in cases
    ]
    rows += [(one, "?", "changed by hand", "?", "?", "?") for one in spoilt]
    heads = ("request", "what", "step", "reason", "asked", "destroyed")
    said = [*cases, *[{"request": one, "step": "changed by hand"} for one in spoilt]]
    return Said(said, table(heads, rows, empty="no request was opened"))


@APP.command
async def show(case: str, /, *, call: Here) -> Said:
    """One request: what ends, how far it has come, and the ledger entries that say so.

    Args:
        case: an id that `request list` printed.
    """
    async with call.open(purpose="shut") as opened:
        found = await request.find_case(opened.house, id_of(case, where="request", hint=CASES))
        records = await about_case.records_of(opened.house, found)
    value = _told(found)
    return whole(value | {"records": records if records or not _is_swept(value) else None})


def whole(value: dict[str, Any]) -> Said:
    """One request as it was told."""
    entries = (*value["entries"], value["completion"], value["cancellation"])
    told = {
        "request": value["request"], "what": value["what"], "scope": ", ".join(value["scope"]), "step": value["step"],
        "asked": f"{when(value['asked_at'])} by {value['by']}", "destroyed": destroyed_of(value),
        "source persons": value["persons"], "records": _left(value), "keys": value["keys"],
        "entries": ", ".join(one for one in entries if one),
        **({"cancelled": f"by {value['cancelled_by']}"} if value["cancelled_by"] else {}),
    }  # fmt: skip
    return Said(value, pairs(told))


@APP.command
async def fulfil(case: str, /, *, now: bool = False, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Destroy the keys of a request whose cooling time has passed; nothing brings the data back. Refused before.

    Args:
        case: an id that `request list` printed.
        now: without waiting for the cooling time; in a demo house only.
        yes: do not ask for the number of records.
        acting: the role.
    """
    async with call.open() as opened:
        house = opened.house
        allowed(house, "request.fulfil", (acting or As()).role)
        found = await request.find_case(house, id_of(case, where="request", hint=CASES))
        if now and not house.demo:  # before anything is asked
            await request.fulfil(house, found, journal=opened.journal, now=now)
        if not yes and found.step == "shut" and (now or found.destroy_at <= house.clock.now_ms()):
            records = await about_case.records_of(
                house, found
            )  # for the question alone: to destroy their keys, none is read
            call.sure(gone(len(found.persons), records), str(records), yes=False)
        done = await request.fulfil(house, found, journal=opened.journal, now=now)
    if done.case.step == "cancelled":
        raise Conflict(
            "request: expected one that nobody calls off, got one whose calling off had begun",
            hint=f"it is cancelled now, and what it shut is readable again: lockhouse request show {case}",
        )
    if done.case.step != "done":
        _require_meant(done.case)
        raise Refused(
            f"request: expected one whose cooling time has passed, got one that is shut until "
            f"{when(done.case.destroy_at)}",
            reasons=("cooling",),
            hint=f"a house that serves destroys its keys from then on; until then: lockhouse request cancel {case}",
        )
    return destroyed(_told(done.case) | {"took_ms": done.took_ms}, before=found.step == "done", call=call)


def destroyed(told: dict[str, Any], *, before: bool, call: Call) -> Said:
    """A request whose keys are destroyed, now or before."""
    was = " before" if before else f" in {told['took_ms']} ms"
    text = (
        f"Destroyed{was}: {count(told['keys'], 'key')}.\n"
        f"The proof: lockhouse request certificate {told['request']} --to FILE"
    )
    return Said(told, call.located(text))


def gone(persons: int, records: int) -> str:
    """What a fulfilled request takes away."""
    return f"{count(persons, 'source person')} with {count(records, 'record')} will be gone for good."


def _require_meant(case: Case) -> None:
    run = unmeant(case)
    if run is not None:
        raise Refused(
            "request: expected one that is meant, got one of a run that ends much and waits for a word",
            reasons=("much",), hint=f"lockhouse retention confirm {run}",
        )  # fmt: skip


@APP.command
async def cancel(case: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Undo a request that is only shut: what it shut is readable again. The ledger says who did it.

    Args:
        case: an id that `request list` printed.
        acting: the role.
    """
    async with call.open(purpose="shut") as opened:
        actor = allowed(opened.house, "request.cancel", (acting or As()).role)
        found = await request.find_case(opened.house, id_of(case, where="request", hint=CASES))
        own = (await opened.house.actor_facts.of(actor)).own
        await require_other(opened.house, *found.persons, actor=actor, own=own, action="request")
        undone = await request.undo(opened.house, found, by=actor.id)
        others = await request.still_shut(opened.house, undone)
    return called_off(_told(undone), [_told(one) for one in others], call=call)


def called_off(value: dict[str, Any], others: list[dict[str, Any]], *, call: Call) -> Said:
    """A request that was cancelled, and what others shut still."""
    lines = ["Cancelled: what it shut is readable again."]
    if value["reason"] == LAPSE:
        lines.append("Each look goes by the day all the same: what a keep has ended it does not show.")
    lines += [f"Still shut, {', '.join(one['scope'])}: lockhouse request cancel {one['request']}" for one in others]
    return Said(value | {"still_shut": [one["request"] for one in others]}, call.located("\n".join(lines)))


@APP.command
async def certificate(case: str, /, *, to: Annotated[Path, Parameter(name="--to")], call: Here) -> Said:
    """Write the certificate of a fulfilled request. It verifies without this house.

    For example `lockhouse request certificate ID --to certificate.json`.

    Args:
        case: an id that `request list` printed.
        to: a file that does not exist yet.
    """
    async with call.open() as opened:
        found = await request.find_case(opened.house, id_of(case, where="request", hint=CASES))
        text = await request.certify(opened.house, found, sequencer=opened.writer)
        vkey = opened.verifier
    return written(case, to, text, vkey=vkey, call=call)


def written(case: str, to: Path, text: bytes, *, vkey: str, call: Call) -> Said:
    """A certificate in a file of its own, and how it is verified.

    Raises:
        Invalid: the file exists.
    """
    file = write_new(call.cwd / to, [text])
    told = f"Written: {to}\n" + call.verifying(f"{shlex.quote(str(to))} --vkey '{vkey}'")
    return Said({"file": file, "vkey": vkey, "request": case}, told)


def _told(case: Case) -> dict[str, Any]:
    told: dict[str, Any] = plain(_parts(case))
    return told


def _parts(case: Case) -> dict[str, object]:
    return {
        "request": case.id, "what": case.what, "step": case.step, "reason": case.reason, "by": case.by,
        "asked_at": case.asked_at, "destroy_at": case.destroy_at, "destroyed_at": request.destroyed_at(case),
        "scope": case.scope, "keys": len(case.serials), "persons": len(case.persons), "entries": case.entries,
        "confirm": unmeant(case),
        "completion": case.completion, "cancelled_by": case.cancelled_by, "cancellation": case.cancellation,
    }  # fmt: skip


def _is_swept(value: dict[str, Any]) -> bool:
    """Whether the rows of its records go, once its keys are destroyed; how many there were is kept nowhere."""
    return value["what"] == "person" and value["destroyed_at"] is not None


def _left(value: dict[str, Any]) -> int | str:
    records: int = value["records"] or 0
    if not _is_swept(value):
        return records
    return f"{records:,}, unreadable and still to be swept" if records else "swept: their rows are gone"


APP.command("lockhouse.faces.cli.commands.passed_on:asked", name="asked")
APP.command("lockhouse.faces.cli.commands.passed_on:settle", name="settle")
