"""The real month: sent by the public client, stored by the house, read back through the gate, compared."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from lockhouse.faces.demo.place import folder_for, make, served
from lockhouse.faces.demo.real.back import read_back, record_rows
from lockhouse.faces.demo.real.client import send
from lockhouse.faces.demo.real.month import Totals, load, messages, totals
from lockhouse.faces.demo.sending import settled, watch
from lockhouse.faces.demo.tally import Tally
from lockhouse.wiring import opened

if TYPE_CHECKING:
    from lockhouse.faces.demo.options import Options
    from lockhouse.faces.demo.place import Place
    from lockhouse.faces.demo.real.month import Month
    from lockhouse.faces.demo.stage import Stage

_NAMES = {
    "baskets": "baskets", "households": "households that shopped", "stores": "stores",
    "sales": "sales value, by basket", "line_sales": "sales value, by line", "lines": "lines of products",
    "units": "units sold", "campaigns": "campaigns received", "reached": "households reached",
    "redemptions": "coupons redeemed",
}  # fmt: skip
_PATHS_SHOWN = 12


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a real month.

    Attributes:
        raw, lockhouse: the totals of both sides, sums as text.
        messages: sent; `records`: rows stored.
        dropped: path and reason -> how often it was sent and not kept.
        equal: every total, and one record a message.
    """

    raw: Totals
    lockhouse: Totals
    messages: int
    records: int
    accepted: int
    duplicate: int
    refused: int
    dropped: dict[str, int]
    equal: bool
    sent_s: float
    read_s: float

    @property
    def good(self) -> bool:
        """Whether nothing was lost, doubled or changed."""
        return self.equal


async def stream(options: Options, stage: Stage) -> Compared:
    """One month through an in-store and an e-mail channel, and what came of it.

    Raises:
        Unavailable: an extra package is missing, or the house could not be served.
        Invalid: the folder of the house holds something already.
    """
    stage.say("The Complete Journey: one month of real, anonymous shop transactions through the lock.")
    month = await asyncio.to_thread(load, limit=options.limit)
    raw = totals(month)
    stage.done(f"{raw.lines:,} rows read: {raw.baskets:,} baskets of {raw.households:,} households")
    with folder_for(options.keep) as folder:
        policy = (files("lockhouse.faces.demo.real") / "policy.yaml").read_text(encoding="utf-8")
        place = await make(folder, policy, name="complete-journey", said=stage.done)
        async with served(place, temporary=options.keep is None), opened(place.house, role="console") as one:
            stage.done(f"listening on {place.url}")
            tally, sent_s = await _send(place, month, stage, now=one.house.clock.now_ms())
            began = perf_counter()
            stored, rows = await read_back(one.house), await record_rows(one.house)
            read_s = round(perf_counter() - began, 1)
    compared = Compared(
        raw=raw, lockhouse=stored, messages=len(month), records=rows,
        accepted=tally.count("stored") + tally.count("trimmed"), duplicate=tally.count("duplicate"),
        refused=tally.count("refused"), equal=raw == stored and rows == len(month),
        dropped={f"{path} ({reason})": count for (path, reason), count in tally.dropped.most_common()},
        sent_s=sent_s, read_s=read_s,
    )  # fmt: skip
    _show(compared, stage)
    stage.say(f"The house stays in {folder}." if options.keep else "Its processes, files and keys are gone.")
    return compared


async def _send(place: Place, month: Month, stage: Stage, *, now: int) -> tuple[Tally, float]:
    """The month over the wire; what was answered, and how long it took."""
    tally, began = Tally(), perf_counter()
    every = messages(month, now=datetime.fromtimestamp(now / 1000, UTC))
    stop = threading.Event()
    with stage.progress("sent by the public client, sealed by the house", total=len(month)) as answered:
        watching = asyncio.create_task(watch(place, tally, lambda: answered(1)))
        try:
            await asyncio.to_thread(send, every, most=len(month), url=place.url, keys=place.keys, stop=stop)
            await settled(tally, len(month))
        finally:
            stop.set()  # a thread cannot be cancelled, only asked
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
    return tally, round(perf_counter() - began, 1)


def _show(compared: Compared, stage: Stage) -> None:
    stage.act("raw | lockhouse, read back through the gate")
    rows = []
    for name, words in _NAMES.items():
        raw, stored = getattr(compared.raw, name), getattr(compared.lockhouse, name)
        rows.append((words, f"{raw:,}", f"{stored:,}", "equal" if raw == stored else "DIFFERENT"))
    same = "equal" if compared.messages == compared.records else "DIFFERENT"
    rows.append(("messages sent | records stored", f"{compared.messages:,}", f"{compared.records:,}", same))
    stage.table(("", "raw", "lockhouse", ""), rows)
    stage.say(f"Sent and sealed in {compared.sent_s} s, read back and noted in {compared.read_s} s.")
    stage.act("Sent, and not kept, because no purpose needs it")
    dropped = [(path, f"{count:,}") for path, count in compared.dropped.items()]
    stage.table(("path", "times"), dropped[:_PATHS_SHOWN])
