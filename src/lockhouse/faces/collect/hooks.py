"""`/hooks/{channel}`: what providers deliver. Proven over the very bytes that came, before anything of it is read.

Rules it keeps: a channel that does not exist and a wrong signature get one answer, after the same work; what was proven
is answered 2xx once it is durable, whatever the policy says of it, because providers repeat everything else for days;
what cannot be read though it is proven is a 4xx, so that the provider shows it as failed and can send it again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.channels import segment
from lockhouse.channels.hooks import BAD_SIGNATURE, TEST_DELIVERY, Delivery, HookKind, Proven, Unproven
from lockhouse.channels.hooks import HOOKS as KINDS
from lockhouse.channels.hooks.scheme import prove
from lockhouse.channels.inflate import inflate, is_gzip
from lockhouse.channels.segment.parse import object_of
from lockhouse.errors import Unavailable
from lockhouse.faces.collect.answers import ACCEPTED, Whole, rejected
from lockhouse.faces.collect.body import take_raw
from lockhouse.faces.collect.ports import Hook, Limited
from lockhouse.model import codes
from lockhouse.model.event import Batch, Event, Fault
from lockhouse.model.signing import Signing
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhouse.faces.collect.answers import Receive, Scope
    from lockhouse.faces.collect.beside import Reject
    from lockhouse.faces.collect.ports import Collector, Watch
    from lockhouse.model.event import Reply
    from lockhouse.model.ports import Clock

HOOKS: Final = "/hooks/"
_PAUSE_RETRY_S = 60.0
_UNSETTLED_RETRY_S = 1.0
_METHODS = frozenset({"GET", "HEAD", "POST"})
_NOBODY = Hook(
    channel="",
    kind=KINDS["hmac"],
    signing=Signing(header="x-signature"),
    secrets=(Secret(bytes(32)),),
    credential="",
)
"""What a delivery to no channel is held against, so that it takes as long as one to a channel."""


class Hooks:
    """Answers providers."""

    def __init__(self, collector: Collector, *, clock: Clock, watch: Watch, reject: Reject) -> None:
        self._collector = collector
        self._clock = clock
        self._watch = watch
        self._reject = reject

    async def __call__(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> Whole | None:
        """The answer to a request below `/hooks/`; None when nobody is there any more to hear it."""
        if scope["method"] not in _METHODS:
            return msgspec.structs.replace(self._reject("LH-1105"), headers=((b"allow", b"GET, HEAD, POST"),))
        raw = await take_raw(receive, headers, most=segment.MAX_BATCH_BYTES)
        if raw is None:
            return None
        if isinstance(raw, Fault):
            return self._reject(raw.code, fault=raw)
        hook = await self._collector.hook(scope["path"].removeprefix(HOOKS))
        delivery = Delivery(
            method=scope["method"],
            headers=scope["headers"],
            query=scope["query_string"],
            body=raw,
            url="" if hook is None else hook.url,
            received_at=self._clock.now_ms(),
        )
        return await self._delivered(delivery, hook)

    async def _delivered(self, delivery: Delivery, hook: Hook | None) -> Whole:
        known = _NOBODY if hook is None else hook
        if hook is not None and hook.kind.challenge is not None:
            answer = hook.kind.challenge(delivery, hook.secrets)
            if answer is not None:
                self._watch.on_answer(hook.channel, "challenge", "LH-0000", 1)
                kind = ((b"content-type", answer.content_type.encode()), (b"cache-control", b"no-store"),
                        (b"x-content-type-options", b"nosniff"))  # fmt: skip
                return Whole(status=200, body=answer.body, base=kind)
        delivery = await self._completed(delivery, known)
        proven = _proved(delivery, known)
        if hook is None or delivery.method != "POST" or isinstance(proven, Unproven):
            return await self._unproven(hook, proven)
        if hook.paused:
            return self._reject("LH-1102", retry_after_s=_PAUSE_RETRY_S, channel=hook.channel)
        plain = _unpacked(delivery)
        if isinstance(plain, Fault):
            return self._reject(plain.code, fault=plain, channel=hook.channel)
        if hook.kind.is_test is not None and _is_test(hook.kind, plain):
            self._watch.on_answer(hook.channel, "rejected", TEST_DELIVERY, 1)
            return ACCEPTED
        await self._visited(plain, hook)
        return await self._stored(hook, hook.kind.events(plain, proven, hook.signing), delivery=plain)

    async def _completed(self, delivery: Delivery, hook: Hook) -> Delivery:
        """The delivery with what has to be fetched before anything can prove it."""
        if hook.kind.needs is None or delivery.method != "POST":
            return delivery
        url = hook.kind.needs(delivery, hook.secrets)
        if url is None:
            return delivery
        return msgspec.structs.replace(delivery, fetched=await self._collector.fetch(url, is_proven=False))

    async def _visited(self, delivery: Delivery, hook: Hook) -> None:
        """What a proven delivery asks to be visited has been.

        Raises:
            Unavailable: nothing answered there as it should; the provider will ask again.
        """
        url = None if hook.kind.visits is None else hook.kind.visits(delivery)
        if url is not None and not await self._collector.fetch(url, is_proven=True):
            raise Unavailable("webhook provider: expected its address to answer", retry_after_s=_PAUSE_RETRY_S)

    async def _unproven(self, hook: Hook | None, proven: Proven | Unproven) -> Whole:
        """The refusal, the same for an unknown channel; counted under the channel, where there is one."""
        held = await self._collector.authenticate(None)
        if isinstance(held, Limited):
            return self._reject("LH-1106", retry_after_s=held.retry_after_s)
        code = proven.code if isinstance(proven, Unproven) else BAD_SIGNATURE
        return self._reject(code, channel="" if hook is None else hook.channel)

    async def _stored(self, hook: Hook, items: Sequence[Event | Fault], *, delivery: Delivery) -> Whole:
        if not items:  # nothing that anybody asked for: a provider's ping
            return ACCEPTED
        if all(isinstance(item, Fault) for item in items):
            fault = next(item for item in items if isinstance(item, Fault))
            return self._reject(fault.code, fault=fault, channel=hook.channel)
        replies = await self._collector.collect(
            Batch(
                channel=hook.channel,
                assurance=hook.kind.assurance,
                credential=hook.credential,
                received_at=delivery.received_at,
                items=items,
                body_bytes=len(delivery.body),
            )
        )
        return self._told(hook.channel, replies)

    def _told(self, channel: str, replies: Sequence[Reply]) -> Whole:
        for (outcome, code), count in Counter((reply.outcome, reply.code) for reply in replies).items():
            self._watch.on_answer(channel, outcome, code, count)
        if any(reply.code == codes.UNSETTLED for reply in replies):
            return rejected(codes.UNSETTLED, retry_after_s=_UNSETTLED_RETRY_S)
        return ACCEPTED


def _proved(delivery: Delivery, hook: Hook) -> Proven | Unproven:
    if hook.kind.prove is not None:
        return hook.kind.prove(delivery, hook.signing, hook.secrets)
    return prove(delivery, hook.signing, keys=hook.secrets)


def _unpacked(delivery: Delivery) -> Delivery | Fault:
    """The delivery as it is read: unpacked only now that its sender is known."""
    if not is_gzip(delivery.body):
        return delivery
    plain = inflate(delivery.body, cap=segment.MAX_BATCH_BYTES)
    return plain if isinstance(plain, Fault) else msgspec.structs.replace(delivery, body=plain)


def _is_test(kind: HookKind, delivery: Delivery) -> bool:
    tree = object_of(delivery.body)
    return not isinstance(tree, Fault) and kind.is_test is not None and kind.is_test(tree)
