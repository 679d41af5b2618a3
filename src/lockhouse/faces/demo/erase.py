"""Act 2: one person's keys are destroyed, and a backup from before learns nothing of it, and yet stays dead."""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import LockhouseError, Unavailable
from lockhouse.faces.demo import looking
from lockhouse.faces.demo.copies import IDENTITY, execute
from lockhouse.faces.demo.place import actor_id
from lockhouse.flows import look, request
from lockhouse.model.rows import KeyRing, Person, Record, Tombstone
from lockhouse.model.scale import PersonState
from lockhouse.wiring import opened

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.wiring import Opened


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure did.

    Attributes:
        person: canonical id. `persons`: source persons that ended with it.
        records: their record rows at that moment.
        keys: destroyed.
        ms: from the order to the last key's destruction, by the house's clock.
        certificate: file.
    """

    person: bytes
    persons: int
    records: int
    keys: int
    ms: int
    certificate: Path


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a house over the old record store and today's identity store still says of a person.

    Attributes:
        records, boxes: of theirs, all still in the backup.
        dead: boxes whose key has a tombstone and stands in no ring.
        found: how many people the address still leads to.
        opened: fields that the gate showed, open or masked.
        forced: the same after the mark that says `erased` was taken out of the identity store by SQL.
        because: the gate's reasons.
    """

    records: int
    boxes: int
    dead: int
    found: int
    opened: int
    forced: int
    because: tuple[str, ...]


async def erase(one: Opened, person: bytes, *, to: Path) -> Erasure:
    """Shut and destroy at once, as only a demo house may without the day to think it over; certificate on disk."""
    records = await records_of(one.house, person)
    started = one.house.clock.now_ms()
    begun = await request.open_erasure(one.house, person, by=actor_id())
    done = await request.fulfil(one.house, begun.case, journal=one.journal, now=True)
    took = one.house.clock.now_ms() - started
    text = await request.certify(one.house, done.case, sequencer=one.writer)
    await asyncio.to_thread(to.write_bytes, text)
    return Erasure(
        person=person, persons=len(done.case.persons), records=len(records), keys=len(done.case.serials), ms=took,
        certificate=to,
    )  # fmt: skip


async def records_of(house: House, person: bytes) -> list[Record]:
    """The record rows of a source person, sealed as they are."""
    return await house.reads.find(Record, ("person",), [(person,)], limit=100_000)


async def erased_persons(house: House) -> int:
    """How many source persons the identity store holds as erased."""
    return sum([1 async for chunk in house.reads.scan(Person) for row in chunk if row.state & PersonState.ERASED])


async def read_back(back: Path, *, person: bytes, email: str) -> Restored:
    """The records from before beside today's identity store, opened as a house and asked through its gate."""
    async with opened(back, role="console") as restored:
        rows = await records_of(restored.house, person)
        boxes = [box for row in rows for box in decode_boxes(row.boxes)]
        dead = await restored.house.reads.get(
            Tombstone, [(serial,) for serial in sorted({box.serial for box in boxes})]
        )
        ring = await restored.house.reads.get(KeyRing, [(person,)])
        found = await looking.find(restored.house, email, reason="other")
        shown, because = await _ask(restored.house, person)
    await asyncio.to_thread(execute, back / IDENTITY, "UPDATE person SET state = 0 WHERE id = ?", (person,))
    async with opened(back, role="console") as restored:
        forced, _ = await _ask(restored.house, person)
    return Restored(
        records=len(rows), boxes=len(boxes), dead=0 if ring else sum((box.serial,) in dead for box in boxes),
        found=len(found), opened=shown, forced=forced, because=because,
    )  # fmt: skip


async def _ask(house: House, person: bytes) -> tuple[int, tuple[str, ...]]:
    """How many fields the gate shows of a person, and why no more."""
    asked = await looking.ask(house, "reveal", reason="other")
    try:
        view = await look.reveal(house, asked, person)
    except LockhouseError as refusal:
        return 0, (refusal.code,)
    return sum(field.state != "shut" for field in view.fields.values()), view.refused


async def verify(certificate: Path, vkey: str) -> tuple[str, str, bool]:
    """The certificate under a command that knows nothing of this house: the command, its words, whether it agreed."""
    arguments = ["-m", "lockhouse.ledger.verify", str(certificate), "--certificate", "--vkey", vkey]
    code, output = await run_python(*arguments)
    return f"python {' '.join(arguments)}", output, code == 0


async def by_hand(house: Path, *words: str) -> tuple[str, str]:
    """A command of ours on a house, as anybody could type it, and what it printed.

    Raises:
        Unavailable: it failed.
    """
    code, output = await run_python("-m", "lockhouse", "-C", str(house), *words)
    if code:
        raise Unavailable(f"demo: expected `{' '.join(words[:2])}` to do its work, got exit code {code}", hint=output)
    return shlex.join(["lockhouse", "-C", str(house), *words]), output


async def run_python(*arguments: str) -> tuple[int, str]:
    """A command in a process of its own: exit code and everything it printed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = await child.communicate()
    finally:
        if child.returncode is None:  # somebody ended the demo meanwhile
            child.kill()
            await child.wait()
    return child.returncode or 0, output.decode("utf-8", "replace")


__all__ = ["Erasure", "Restored", "by_hand", "erase", "erased_persons", "read_back", "run_python", "verify"]
