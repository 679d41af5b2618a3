"""The collect listener as an ASGI application.

It reads a request, finds out who sends, hands the parsed batch to the house and answers once the house has. It
decides nothing about data. Rules it keeps: a policy's refusal is a 200, because clients repeat or drop whole batches
over any other status; no answer holds anything that was sent; a sender's full address goes no further than
`peer.sender_network`; what became of each event is told to secret keys alone, because with a public key it would tell
anybody whether a person is known or has asked to be forgotten. Nor does the time tell it: see `TICK_S`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from lockhouse.channels import segment
from lockhouse.errors import Tampered, Unavailable
from lockhouse.faces.collect import answers
from lockhouse.faces.collect.answers import ACCEPTED, Whole, rejected, represented
from lockhouse.faces.collect.beside import PIXELS, Beside
from lockhouse.faces.collect.body import take
from lockhouse.faces.collect.hooks import HOOKS, Hooks
from lockhouse.faces.collect.peer import forwarded_for, networks, sender_network
from lockhouse.faces.collect.ports import Limited, Sender
from lockhouse.model import codes
from lockhouse.model.event import Batch, Fault
from lockhouse.model.scale import Assurance

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from lockhouse.faces.collect.answers import Receive, Scope, Send
    from lockhouse.faces.collect.ports import Collector, IncidentIds, Watch
    from lockhouse.model.event import Reply
    from lockhouse.model.ports import Clock

POSTS = {"/v1/batch": "batch", "/v1/b": "b", "/beacon/v1/batch": "batch"}
POSTS |= {f"/v1/{call}": call for call in segment.CALLS}
POSTS |= {f"/api/s/{way}{call}": call for way in ("", "s2s/") for call in sorted(set(segment.CALLS.values()))}
"""Path -> what `parse_batch` is told."""
_PAUSE_RETRY_S = 60.0
_UNSETTLED_RETRY_S = 1.0
TICK_S = 0.02
"""With a public key, answers come at whole multiples of this after the body was in, in seconds.

Somebody new costs a second durable commit, of some milliseconds, which a stranger could measure to learn whether an
address is known. Both kinds of event take less than one tick on a house that is not overloaded, and no page waits for
its analytics. It is counted from the body's end: counted from the request's start, a sender could hold back the last
byte until the boundary fell between the two durations.
"""


class CollectApp:
    """`POST /v1/…` of the Segment protocol; `Hooks` answers providers, and `Beside` everything else."""

    def __init__(
        self,
        collector: Collector,
        *,
        clock: Clock,
        watch: Watch,
        incident_ids: IncidentIds,
        trusted_proxies: Sequence[str] = (),
    ) -> None:
        self.pause: Callable[[float], Awaitable[None]] = asyncio.sleep
        """How it waits for a tick; by a clock of their own in tests."""
        self._collector = collector
        self._clock = clock
        self._watch = watch
        self._incident_ids = incident_ids
        self._trusted = networks(trusted_proxies)
        self._beside = Beside(collector, post=self._post, reject=self._reject)
        self._hooks = Hooks(collector, clock=clock, watch=watch, reject=self._reject)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection scope."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        answer = await self._answer(scope, headers, receive)
        if answer is not None:
            await answers.write(send, answer, self._extra(scope, headers))

    def _extra(self, scope: Scope, headers: Mapping[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
        extra = (answers.HSTS,) if scope.get("scheme") == "https" else ()
        origin = headers.get(b"origin")
        if origin is not None and scope["method"] != "OPTIONS" and _text(origin) in self._collector.origins():
            extra = (*answers.allow(origin), *extra)
        return extra

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Whole | None:
        """The answer to a request, whatever happens; None when nobody is there any more to hear it."""
        call = POSTS.get(scope["path"])
        try:
            if call is None and scope["path"].startswith(HOOKS):
                return await self._hooks(scope, headers, receive)
            if call is None or scope["method"] != "POST":
                return await self._beside(scope, headers, is_call=call is not None)
            return await self._post(call, scope, headers, receive)
        except Exception as error:  # noqa: BLE001  # the edge: whatever it is, the sender gets a number, no traceback
            answer = self._gone_wrong(error)
            return answers.image(answer) if scope["path"] in PIXELS else answer

    def _gone_wrong(self, error: Exception) -> Whole:
        if isinstance(error, Unavailable):
            return self._reject(codes.UNSETTLED, retry_after_s=error.retry_after_s)
        incident = self._incident_ids()
        self._watch.on_incident(incident, error)
        return self._reject("LH-5002" if isinstance(error, Tampered) else "LH-5000", incident=incident)

    async def _post(self, call: str, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Whole | None:
        """Authenticate, before the body is read where the header allows it; parse; collect."""
        key = segment.head_key(headers, scope["query_string"])
        sender = None if key is None else await self._admit(key, headers)
        if isinstance(sender, Whole):
            return sender
        is_known = sender is not None and sender.assurance != Assurance.PUBLIC
        raw = await take(receive, headers, most=segment.MAX_LONG_BYTES if is_known else segment.MAX_BATCH_BYTES)
        if raw is None:
            return None
        if isinstance(raw, Fault):
            return self._reject(raw.code, fault=raw, channel=sender.channel if sender else "")
        if sender is None:
            sender = await self._admit_by_body(raw, headers)
            if isinstance(sender, Whole):
                return sender
        is_public = sender.assurance == Assurance.PUBLIC
        network = sender_network(_peer(scope), forwarded_for(scope["headers"]), self._trusted)
        received_at, taken_at = self._clock.now_ms(), self._clock.monotonic_s()
        parsed = segment.parse_batch(
            raw,
            path=call,
            received_at=received_at,
            remote_network=network if is_public and headers.get(b"x-ip-policy") != b"remove" else None,
            gpc=headers.get(b"sec-gpc") == b"1",
        )
        if isinstance(parsed, Fault):
            return self._reject(parsed.code, fault=parsed, channel=sender.channel)
        batch = Batch(
            channel=sender.channel,
            assurance=sender.assurance,
            credential=sender.credential,
            received_at=received_at,
            items=parsed.items,
            network=network,
            body_bytes=len(raw),
        )
        replies = await self._collected(batch, since=taken_at)
        self._count(sender.channel, replies)
        return _summed_up(call, batch, replies, asked=not is_public and _prefers_items(headers))

    async def _collected(self, batch: Batch, *, since: float) -> Sequence[Reply]:
        """What became of the items; with a public key known only at the next tick, even when it went wrong."""
        if batch.assurance != Assurance.PUBLIC:
            return await self._collector.collect(batch)
        try:
            return await self._collector.collect(batch)
        finally:
            took = self._clock.monotonic_s() - since
            await self.pause(TICK_S - took % TICK_S)

    async def _admit_by_body(self, raw: bytes, headers: Mapping[bytes, bytes]) -> Sender | Whole:
        """Who sends, by the key in the body.

        Where many came without a good key, a key is not searched for in what is no JSON: that costs the most. What
        can be read is, since many senders may share one network, and a good key among them is not held up.
        """
        key = segment.body_key(raw)
        if key is None:
            held = self._collector.held()
            if held is not None:
                return self._held(held)
            key = segment.buried_key(raw)
        return await self._admit(key, headers)

    async def _admit(self, key: str | None, headers: Mapping[bytes, bytes]) -> Sender | Whole:
        """Who sends; or the answer to a sender that may not, or not now."""
        sender = await self._collector.authenticate(key)
        if sender is None:
            return self._reject("LH-1101")
        if isinstance(sender, Limited):
            return self._held(sender)
        if sender.paused:
            return self._reject("LH-1102", retry_after_s=_PAUSE_RETRY_S, channel=sender.channel)
        origin = headers.get(b"origin")
        if origin is not None and sender.assurance == Assurance.PUBLIC and _text(origin) not in sender.origins:
            return self._reject("LH-1103", channel=sender.channel)
        return sender

    def _held(self, limited: Limited) -> Whole:
        return self._reject("LH-1106", retry_after_s=limited.retry_after_s, channel=limited.channel)

    def _reject(
        self,
        code: str,
        *,
        channel: str = "",
        fault: Fault | None = None,
        retry_after_s: float | None = None,
        incident: str = "",
    ) -> Whole:
        self._watch.on_answer(channel, "rejected", code, 1)
        return rejected(code, fault=fault, retry_after_s=retry_after_s, incident=incident)

    def _count(self, channel: str, replies: Sequence[Reply]) -> None:
        if len(replies) == 1:
            self._watch.on_answer(channel, replies[0].outcome, replies[0].code, 1)
            return
        for (outcome, code), count in Counter((reply.outcome, reply.code) for reply in replies).items():
            self._watch.on_answer(channel, outcome, code, count)


def _summed_up(call: str, batch: Batch, replies: Sequence[Reply], *, asked: bool) -> Whole:
    """One answer for all items.

    An item that could not be settled makes the client repeat the whole request; what was stored of it is then a
    duplicate. A single call with a bad event is told so, since nothing else hangs on its answer.
    """
    for reply in replies:
        if reply.code == codes.UNSETTLED:
            return rejected(codes.UNSETTLED, retry_after_s=_UNSETTLED_RETRY_S)
    if call in segment.CALLS and isinstance(fault := batch.items[0], Fault):
        return rejected(fault.code, fault=fault)
    return represented(replies) if asked else ACCEPTED


def _prefers_items(headers: Mapping[bytes, bytes]) -> bool:
    prefer = headers.get(b"prefer")
    return prefer is not None and b"return=representation" in prefer.replace(b" ", b"").lower()


def _peer(scope: Scope) -> str | None:
    client = scope.get("client")
    return None if client is None else client[0]


def _text(header: bytes) -> str:
    return header.decode("latin-1")


async def _live(receive: Receive, send: Send) -> None:
    """The server's start and stop; the house behind us has its own."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
