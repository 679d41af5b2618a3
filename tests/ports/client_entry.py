"""Another process of a house, for tests: `client_entry.py FOLDER watch|race|parent …`.

`watch-postgres` and `race-postgres` do the same on a server.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from pathlib import Path

from lockhouse.adapters.postgres.writer import PostgresWriter
from lockhouse.model.change import Change
from tests.ports.server import databases
from tests.ports.stores import Writer, a_person, absent, an_identifier, connect, put, start_writer, why
from tests.ports.writer_entry import make_parts


async def watch(client: Writer) -> None:
    """Say whether this process is alive, and the key epoch it knows, whenever either changes."""
    said = ""
    while True:
        now = f"{'alive' if client.alive() else 'shut'} {client.key()}"
        if now != said:
            print(now, flush=True)  # noqa: T201  # the test reads it
            said = now
        await asyncio.sleep(0.001)


async def race(client: Writer, rounds: int, name: str) -> None:
    """Try to be the first to own each of some blind indexes."""
    said: list[str] = []
    for number in range(rounds):
        person = a_person(hashlib.sha256(f"{name}{number}".encode()).digest()[:16])
        index = an_identifier(hashlib.sha256(str(number).encode()).digest()[:16], person.id)
        change = Change("identity", puts=(put(person), put(index)), expects=(absent(index, "index-taken"),))
        said.append(why(await client.commit(change)) or "won")
    print(",".join(said), flush=True)  # noqa: T201  # the test reads it
    await asyncio.sleep(60)


def parent(folder: Path) -> None:
    """Start a writer, say its number, and stay until killed."""
    process = start_writer(folder)
    asyncio.run(_reached(folder))
    print(process.popen.pid, flush=True)  # noqa: T201  # the test reads it
    time.sleep(60)


async def _with_client(folder: Path, act: str) -> None:
    on_server = act.endswith("-postgres")
    client: Writer = PostgresWriter(databases(folder), make_parts()) if on_server else await connect(folder)
    if act.startswith("watch"):
        await watch(client)
    else:
        await race(client, int(sys.argv[3]), sys.argv[4])


async def _reached(folder: Path) -> None:
    await (await connect(folder)).close()


if __name__ == "__main__":
    where, act = Path(sys.argv[1]), sys.argv[2]
    if act == "parent":
        parent(where)
    else:
        asyncio.run(_with_client(where, act))
