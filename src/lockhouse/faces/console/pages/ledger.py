"""The ledger: who did what, an entry at a time, and that none of it was changed. Entries hold no personal value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from lockhouse.errors import NotFound, Tampered
from lockhouse.faces.console.beside import beside_of
from lockhouse.faces.console.current import house_of, id_in, shown, signed_in
from lockhouse.faces.console.entries import line, parts, sentences
from lockhouse.faces.console.fields import plain
from lockhouse.faces.console.forms import posted
from lockhouse.faces.console.pages.staff import require
from lockhouse.faces.console.rendering import text_of
from lockhouse.faces.console.sent import asks
from lockhouse.faces.console.times import from_day
from lockhouse.faces.console.turned import Turned
from lockhouse.flows import audit
from lockhouse.flows.recheck import recheck
from lockhouse.flows.staff import everybody
from lockhouse.gates.disclose import kept_beside
from lockhouse.gates.one_at_a_time import LEDGER
from lockhouse.ledger.columns import said_by
from lockhouse.ledger.entry import KINDS
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Checkpoint, LedgerEntry
from lockhouse.model.rows import House as HouseRow

if TYPE_CHECKING:
    from starlette.requests import Request

    from lockhouse.faces.console.beside import Log
    from lockhouse.faces.console.current import Me
    from lockhouse.gates.house import House

HERE: Final = "/ledger"
PAGE: Final = 50
MOST_READ: Final = 2_000
"""Entries that one page looks at: of what is rare it shows what it found, and goes on from there."""
_NUMBER: Final = re.compile(r"[0-9]{1,15}")
_ACTOR: Final = re.compile(r"(?:staff:[0-9a-f]{32}|os-user(?::[0-9]{1,10})?|service:[a-z0-9][a-z0-9-]{0,63})")
MOST_PROVED: Final = 1_000_000
"""Entries of a log that is proven here: a proof reads all of them, and of a longer one is made on the machine."""


@signed_in
async def log(request: Request, me: Me) -> Response:
    """Entries, the newest first."""
    require(request, me, "ledger.read")
    house, _ = house_of(request), text_of(request)
    asked, called = _asked(request), await names(house)
    size = await size_of(house)
    top = min(size, asked["before"]) if asked["before"] is not None else size
    if asked["until"] is not None and asked["before"] is None:
        top = await _first_behind(house, size, asked["until"])
    found, left = await _entries(house, asked, top)
    kept = {name: value for name, value in asked.items() if name in {"kind", "actor", "day"} and value}
    onward = f"{HERE}?{urlencode(kept | {'before': left})}" if left else ""
    return shown(
        request, me, "ledger.html", here=HERE, entries=[line(said, called=called, _=_) for said in found],
        kinds={kind: sentences(_)[kind] for kind in sorted(KINDS, key=lambda one: sentences(_)[one])}, asked=asked,
        people=called, size=size, onward=onward, looked=top - left, is_all=not kept,
        point=await _newest(house, size), can_sign=beside_of(request).log is not None,
    )  # fmt: skip


def _asked(request: Request) -> dict[str, Any]:
    """What is looked for. What no entry could have is looked for by nobody.

    Raises:
        Turned: it has not the form of ours.
    """
    said = dict(request.query_params)
    kind, actor = said.get("kind", ""), said.get("actor", "")
    before, on = said.get("before", ""), said.get("day", "")
    until = from_day(on) if on else None
    is_sound = (
        set(said) <= {"kind", "actor", "before", "day"} and kind in {"", *KINDS} and (not on or until is not None)
        and (not actor or _ACTOR.fullmatch(actor)) and (not before or _NUMBER.fullmatch(before))
    )  # fmt: skip
    if not is_sound:
        raise Turned("LH-3006")
    return {"kind": kind, "actor": actor, "before": int(before) if before else None, "day": on,
            "until": None if until is None else until + DAY_MS}  # fmt: skip


async def names(house: House) -> dict[str, str]:
    """Who acts, as the ledger says it -> what they are called."""
    return {f"staff:{one.row.id.hex()}": one.called.name for one in await everybody(house)}


async def size_of(house: House) -> int:
    """Entries that have a place in the log."""
    row = (await house.reads.get(HouseRow, [(1,)])).get((1,))
    return row.tree_size if row else 0


async def _newest(house: House, size: int) -> Checkpoint | None:
    """A checkpoint of the log as it stands, if one was signed of this very size."""
    return (await house.reads.get(Checkpoint, [(size,)])).get((size,))


async def _entries(house: House, asked: dict[str, Any], top: int) -> tuple[list[Any], int]:
    """A page of entries, and the position that the next one begins before; 0 where nothing is left."""
    found, left = [], top
    async for rows in audit.entries_back(house, top):
        for row in rows:
            said, left = said_by(row), row.position or 0
            if _is_meant(said, asked):
                found.append(said)
            if len(found) >= PAGE:
                return found, left
        if top - left >= MOST_READ:
            return found, left
    return found, 0


def _is_meant(said: Any, asked: dict[str, Any]) -> bool:
    return (
        asked["kind"] in {"", said.kind} and asked["actor"] in {"", said.body.get("actor"), said.body.get("by")}
        and (asked["until"] is None or said.at < asked["until"])
    )  # fmt: skip


async def _first_behind(house: House, size: int, at: int) -> int:
    """The position of about the first entry that was noted at this time (ms) or later: the log is in order of time."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        rows = await house.reads.find(LedgerEntry, ("position",), [(middle,)], limit=1)
        if rows and said_by(rows[0]).at >= at:
            high = middle
        else:
            low = middle + 1
    return low


@signed_in
async def entry(request: Request, me: Me) -> Response:
    """One entry: what it says, then its bytes and hashes; what lies beside it only for who may read notes."""
    require(request, me, "ledger.read")
    house, _ = house_of(request), text_of(request)
    row = await _row(house, id_in(request.path_params["entry"]))
    said, called = said_by(row), await names(house)
    may_notes = me.may(house, "ledger.notes")
    return shown(
        request, me, "entry_page.html", here=HERE, one=line(said, called=called, _=_), said=said, row=row,
        parts=parts(house, said, called=called, _=_), body=plain(row.body.decode()), leaf=row.leaf.hex(),
        may_notes=may_notes, kept=await kept_beside(house, row.id) if may_notes else [],
        can_sign=beside_of(request).log is not None, is_long=await size_of(house) > MOST_PROVED,
    )  # fmt: skip


async def _row(house: House, own: bytes) -> LedgerEntry:
    row = (await house.reads.get(LedgerEntry, [(own,)])).get((own,))
    if row is None:
        raise Turned("LH-3004")
    return row


def _log_of(request: Request) -> Log:
    """What signs and proves.

    Raises:
        Turned: nothing here can.
    """
    found = beside_of(request).log
    if found is None:
        raise Turned("LH-5001")
    return found


@signed_in
async def proof(request: Request, me: Me) -> Response:
    """The proof that an entry stands in the signed log, as a file that verifies without this house."""
    require(request, me, "ledger.read")
    await posted(request)
    own = id_in(request.path_params["entry"])
    if await size_of(house_of(request)) > MOST_PROVED:
        raise Turned("LH-3012")
    try:
        proven = await audit.prove(house_of(request), own, sequencer=_log_of(request).sequencer)
    except NotFound:
        raise Turned("LH-3004") from None
    return _file(proven.proof, f"{own.hex()}.tlog-proof")


@signed_in
async def checkpoint(request: Request, me: Me) -> Response:
    """The log as it stands now, signed, as a file to be kept elsewhere."""
    require(request, me, "ledger.read")
    await posted(request)
    point = await _log_of(request).sequencer.seal_ledger()
    return _file(point.text, f"checkpoint-{point.size}.txt")


def _file(text: str, name: str) -> Response:
    return Response(
        text, media_type="text/plain; charset=utf-8", headers={"content-disposition": f'attachment; filename="{name}"'}
    )


@signed_in
async def verify(request: Request, me: Me) -> Response:
    """The newest entries are held against what was signed."""
    require(request, me, "ledger.read")
    await posted(request)
    house, known = house_of(request), _log_of(request)
    found, wrong = None, ""
    asks(request)  # a reload verifies once more
    async with LEDGER.turn():  # who presses twice waits, and many are told to come later
        begun = house.clock.monotonic_s()
        try:
            found = await recheck(house, sequencer=known.sequencer, vkey=known.verifier)
        except Tampered as error:
            wrong = error.text
        took_ms = round((house.clock.monotonic_s() - begun) * 1000)
    return shown(
        request, me, "ledger_checked.html", here=HERE, status=200 if found and not found.found else 409, found=found,
        wrong=wrong, took_ms=took_ms, vkey=known.verifier,
    )  # fmt: skip


ROUTES = [
    Route(HERE, log, name="ledger"),
    Route(f"{HERE}/verify", verify, methods=["POST"], name="ledger-verify"),
    Route(f"{HERE}/checkpoint", checkpoint, methods=["POST"], name="ledger-checkpoint"),
    Route(f"{HERE}/entry/{{entry}}", entry, name="ledger-entry"),
    Route(f"{HERE}/entry/{{entry}}/proof", proof, methods=["POST"], name="ledger-proof"),
]
