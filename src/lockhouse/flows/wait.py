"""A policy that waits: it rules once its time has come, or is called off before.

Serving processes do this, so nothing here reads YAML or asks Cedar: what was approved was judged then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Tampered
from lockhouse.gates.approvals import require_approved
from lockhouse.gates.live import FORMER, LIVE, WAITING, versions
from lockhouse.gates.trusted_time import watched_now
from lockhouse.gates.versions import Move, moved_on, one_of, prepare, put_version, require_last_word, ruling
from lockhouse.ledger.entry import Policy as PolicyEntry
from lockhouse.model.policy import decode_policy

if TYPE_CHECKING:
    from lockhouse.gates.house import House


async def come_due(house: House) -> int | None:
    """The version whose wait is over rules, in every process, when this returns; its number, or None if none is due.

    Asked by the worker, and by every command: what waits is known, so it costs nothing where nothing does.

    Raises:
        Unavailable: the clock is in doubt, or nobody has watched it for a day: each command is a process of its own,
            and whoever runs it sets its clock.
        Moved: another process was first, or another policy was approved meanwhile.
        Tampered: the version that waits is not as it was left last, or nobody who could approve it signed it.
    """
    live = house.live_policy
    if live is None or live.waiting is None or await watched_now(house) < live.waiting.due_at:
        return None
    known = await versions(house)
    was = one_of(known, live.waiting.version)
    if was.state != WAITING or ruling(known) != live.version:
        raise moved_on()
    try:
        await require_last_word(house, was)
        await require_approved(house, was, [one for one in known if one.state in {LIVE, FORMER}])
    except Tampered:
        live.waiting = live.waiting._replace(stale=True)
        raise
    await prepare(house, decode_policy(was.compiled))
    row = msgspec.structs.replace(was, state=LIVE, at=house.clock.now_ms(), entry=house.ids.new())
    again = any(equal(one.hash, was.hash) for one in known if one.state == FORMER)
    told = PolicyEntry(
        step="rolled-back" if again else "live", version=row.id, hash=row.hash.hex(), by=row.by, before=live.version
    )
    await put_version(house, Move(row=row, said=told, was=was), known=known)
    return row.id
