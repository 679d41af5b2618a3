"""`ledger …`, asked elsewhere. What is signed can be verified here, without believing whoever sent it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from lockhouse.client import shapes
from lockhouse.errors import Invalid
from lockhouse.faces.cli.call import id_of
from lockhouse.faces.cli.commands import ledger
from lockhouse.faces.cli.layout import Said
from lockhouse.faces.cli.remote.told import plain, without
from lockhouse.faces.cli.times import since_of
from lockhouse.wiring import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.client import Client
    from lockhouse.faces.cli.call import Call

PAGE = 200
LOG = "lockhouse ledger log prints ids"


def log(*, which: ledger.Which | None = None, call: Call) -> Said:
    """The newest entries, or one."""
    asked = which or ledger.Which()
    asked.require_sound()
    with call.api() as house:
        if asked.entry is not None:
            id_of(asked.entry, where="--entry", hint=LOG)
            told = plain(house.ledger_show(asked.entry))
            return ledger.alone(_in_words(without(told, "kept", "names"), told["names"]), told["kept"])
        now = (call.clock or SystemClock()).now_ms()
        since = since_of(asked.since, now=now) if asked.since else 0
        return ledger.listed(_entries(house, asked, since=max(0, since)))


def _entries(house: Client, asked: ledger.Which, *, since: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while len(found) < asked.limit:
        limit = min(PAGE, asked.limit - len(found))
        page = plain(
            house.ledger_log(
                shapes.EntriesAsked(kind=asked.kind, actor=asked.actor, since=since, limit=limit, cursor=cursor)
            )
        )
        found += [_in_words(one, page["names"]) for one in page["entries"]]
        cursor = page["next"]
        if cursor is None:
            break
    return found


def _in_words(entry: dict[str, Any], names: dict[str, dict[str, str]]) -> dict[str, Any]:
    return ledger.in_words(entry, lambda kind, number: names.get(kind, {}).get(str(number)))


def prove(entry: str, /, *, to: Path | None = None, call: Call) -> Said:
    """Prove that one entry stands in the signed tree."""
    id_of(entry, where="entry", hint=LOG)
    with call.api() as house:
        told = house.ledger_prove(entry)
    value = {"entry": base64.b64decode(told.entry).decode(), "position": told.position, "proof": told.proof}
    return ledger.proof_told(value, to=to, vkey=told.vkey, call=call)


def checkpoint(*, since: int | None = None, call: Call) -> Said:
    """Sign the log as it stands now.

    Raises:
        Invalid: the proof of growth is asked for, which is made where the ledger is.
    """
    if since is not None:
        raise Invalid("--since", "none with --server, as the proof is made on the house's machine", got="one")
    with call.api() as house:
        told = plain(house.ledger_checkpoint())
    return Said(told | {"text": told["checkpoint"]}, str(told["checkpoint"]))
