"""Senders that never repeat: each request either is answered, or is counted as lost."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import ssl
import threading
from collections import Counter
from typing import Self

from tests.faces.serve_world import Place, order, set_aside, until

ANSWER_S = 60.0
GOODBYE_S = 5.0
BACK_S = 900.0
"""What was set aside is brought in within this, at the pace of the gate, whatever else the machine does."""
PAUSES_S = {"kept": 0.02, "new": 0.02, "idle": 0.5}
"""The longest pause of a sender of each kind: together they ask for more than 1,000 requests a second."""
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class SteadyLoad:
    """Requests over connections that are kept, over new ones, and over ones that are idle in between."""

    def __init__(
        self, place: Place, *, kept: int = 12, new: int = 4, idle: int = 12, tls: ssl.SSLContext | None = None
    ) -> None:
        self.answered: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.lost: Counter[str] = Counter()
        self.longest_s = 0.0
        self.connections = 0
        self._place = place
        self._tls = tls
        self._many = (("kept", kept), ("new", new), ("idle", idle))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join(60)
        if _error == (None, None, None):  # what was answered while a store was away stands once it is brought in
            until(lambda: set_aside(self._place) == 0, BACK_S)

    def goes_on(self, many: int) -> None:
        """Returns once so many more events are answered."""
        before = len(self.answered)
        until(lambda: len(self.answered) >= before + many, 30)

    async def _run(self) -> None:
        await asyncio.gather(*(self._send(kind, n) for kind, many in self._many for n in range(many)))

    async def _send(self, kind: str, sender: int) -> None:
        draw = random.Random(f"{kind}-{sender}")  # noqa: S311  # traffic, not keys
        stream: Stream | None = None
        number = 0
        while not self._stop.is_set():
            number += 1
            name = f"{kind}-{sender}-{number}"
            try:
                stream = await still_open(stream) or await self._connect()
                is_last = await asyncio.wait_for(self._ask(stream, name), ANSWER_S)
            except (OSError, EOFError, TimeoutError) as error:
                self.lost[f"{kind}: {type(error).__name__}"] += 1
                is_last = True
            if stream is not None and (is_last or kind == "new"):
                await end(stream)
                stream = None
            await asyncio.sleep(draw.random() * PAUSES_S[kind])
        if stream is not None:
            await end(stream)

    async def _connect(self) -> Stream:
        host, _, port = self._place.settings.listen_collect.rpartition(":")
        self.connections += 1
        return await asyncio.open_connection(host, int(port), ssl=self._tls)

    async def _ask(self, stream: Stream, name: str) -> bool:
        """One request; whether its connection may carry no other."""
        reader, writer = stream
        body = json.dumps({"batch": [order(name)]}).encode()
        key = base64.b64encode(f"{self._place.key}:".encode()).decode()
        began = asyncio.get_running_loop().time()
        writer.write(
            f"POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: Basic {key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r")[0])
        await reader.readexactly(length)
        self.longest_s = max(self.longest_s, asyncio.get_running_loop().time() - began)
        status = int(head.split(" ", 2)[1])
        self.statuses[status] += 1
        if status == 200:
            self.answered.append(f"m-{name}")
        return "connection: close" in head


async def still_open(stream: Stream | None) -> Stream | None:
    """A connection that a request may be written to; None where the other side has ended it.

    It does so when nothing comes for 5 s, as from a sender that gets no turn on a busy machine for so long; whoever
    keeps connections looks for that before they write (RFC 9112 section 9.5).
    """
    if stream is None or not stream[0].at_eof():
        return stream
    await end(stream)
    return None


async def end(stream: Stream) -> None:
    """The connection is closed on this side, whether or not the other says goodbye (over TLS it is waited for)."""
    writer = stream[1]
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), GOODBYE_S)
    except (OSError, TimeoutError):
        writer.transport.abort()
        await asyncio.sleep(0)  # the socket is let go in the next turn of the loop
