"""The house behind the collect listener: who sends, what becomes of the events, and whether it can collect at all."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from contextvars import ContextVar
from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable
from lockhouse.faces.collect.ports import Hook, Limited, Sender
from lockhouse.faces.serve.desk import Answer
from lockhouse.faces.serve.fetched import Fetched
from lockhouse.faces.serve.hooks import HookDoors
from lockhouse.faces.serve.misses import Misses
from lockhouse.faces.serve.patience import WAIT_S, WAIT_TO_SET_ASIDE_S, Patience
from lockhouse.flows.channel import authenticate
from lockhouse.gates.collect import Intake
from lockhouse.gates.collect.aside import may_wait, packed, recognisable
from lockhouse.gates.narrow import narrow
from lockhouse.gates.refresh import refresh
from lockhouse.gates.trusted_time import remembered_now
from lockhouse.model import codes
from lockhouse.model.event import Event, Fault, Reply
from lockhouse.model.scale import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.faces.serve.desk import Answers
    from lockhouse.faces.serve.fetched import Ask
    from lockhouse.faces.serve.spool import Spool
    from lockhouse.gates.house import House
    from lockhouse.model.event import Batch

NETWORK: ContextVar[str] = ContextVar("network", default="")
"""The network of the request under way, set around the listener."""
CACHED_S = 5.0
"""A key that was ended elsewhere is taken at most this long; an epoch's move drops it at once."""
KEYS_CACHED = 10_000
AWAY_S = 5.0
"""So long after the last refused request a process says that it is not ready: whoever asks then sends it no more, and
it is tried again."""


class HouseCollector:
    """`Collector` over the collect gate of one process.

    Args:
        spool: where events wait while a store is away; None where nothing waits.
        ask: the way out to hosts that kinds of webhooks pin; None where there is none.
    """

    def __init__(
        self, house: House, answers: Answers, *, public_url: str = "", spool: Spool | None = None,
        ask: Ask | None = None,
    ) -> None:  # fmt: skip
        self._house = house
        self._spool = spool
        self._public_url = public_url
        self._answers = answers
        self._intake = Intake(house)
        self._salt = house.ids.random(16)
        self._known: OrderedDict[bytes, tuple[Sender, float]] = OrderedDict()
        self._seen = (house.seen_policy, house.seen_key)
        self._misses = Misses(house.clock)
        self._hooks = HookDoors(house, public_url=public_url)
        self._fetched = Fetched(ask, clock=house.clock)
        self.patience = Patience(house.epochs.alive, house.clock)
        self._origins: tuple[object, frozenset[str]] = (None, frozenset())
        self._away: tuple[str, float] | None = None

    async def authenticate(self, key: str | None) -> Sender | Limited | None:
        """Who shows this key.

        A network that shows many keys nobody has, or none, must wait, before they are looked up; keys that were good a
        moment ago are not held up by it, since many senders may share one network.

        Raises:
            Unavailable: no policy was ever approved.
        """
        if self._house.stale:
            await refresh(self._house)
        if key is None:
            held = self.held()
            if held is None:
                self._misses.add(NETWORK.get())
            return held
        hashed = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=16).digest()
        known = self._remembered(hashed)
        now = self._house.clock.monotonic_s()
        if known is not None and known[1] > now:
            return known[0]
        if known is None and (held := self.held()) is not None:
            return held
        try:
            found = await authenticate(self._house, key)
        except Unavailable:
            if known is None:  # nobody can say whether it is one
                raise
            return known[0]  # no epoch moved that this process heard of, so it was not ended
        if found is None:
            self._known.pop(hashed, None)
            self._misses.add(NETWORK.get())
            return None
        sender = Sender(
            channel=found.channel,
            assurance=found.assurance,
            credential=found.credential,
            origins=found.origins,
            stage=Stage(found.stage),
            paused=found.paused,
        )
        self._known[hashed] = (sender, now + CACHED_S)
        if len(self._known) > KEYS_CACHED:
            self._known.popitem(last=False)
        return sender

    async def hook(self, name: str) -> Hook | None:
        """The channel of this name, if providers deliver to it.

        Raises:
            Unavailable: no policy was ever approved, or the identity store is away and nobody remembers the secrets.
        """
        if self._house.stale:
            await refresh(self._house)
        return await self._hooks.of(name)

    async def fetch(self, url: str, *, is_proven: bool) -> bytes:
        """What stands at an address that a kind has pinned; empty where nothing does.

        A network that must wait, with nothing proven yet, is told of what is known alone.

        Raises:
            Unavailable: it cannot be had now.
        """
        known = self._fetched.known(url)
        if known is not None:
            return known
        return b"" if not is_proven and self.held() is not None else await self._fetched.fetch(url)

    def held(self) -> Limited | None:
        """How long this network must wait before it may come without a good key again; None when it may now."""
        wait_s = self._misses.wait_s(NETWORK.get())
        return Limited(channel="", retry_after_s=wait_s) if wait_s > 0 else None

    def _remembered(self, hashed: bytes) -> tuple[Sender, float] | None:
        seen = (self._house.seen_policy, self._house.seen_key)
        if seen != self._seen:
            self._seen = seen
            self._known.clear()
        return self._known.get(hashed)

    async def collect(self, batch: Batch) -> Sequence[Reply]:
        """One reply an item, once each is durable: at the gate, or in the spool while a store is away.

        Raises:
            Unavailable: part of the house is away, the writer for longer than is waited for it, and the batch cannot
                wait in the spool.
        """
        try:
            replies = await self._taken(
                batch if self._spool is None else recognisable(batch, new_id=self._house.ids.new)
            )
        except Unavailable as error:
            self._away = (error.text, self._house.clock.monotonic_s() + AWAY_S)
            raise
        self._away = None
        self._tell(batch, replies)
        return replies

    async def decide(self, batch: Batch) -> Sequence[Reply]:
        """What becomes of a batch that was set aside.

        Raises:
            Unavailable: part of the house is away, again.
        """
        replies = await self._through(batch)
        self._tell(batch, replies)
        return replies

    async def _taken(self, batch: Batch) -> list[Reply]:
        """The replies: of the gate, if all that was away is the writer, and it comes back in time; else of the spool.

        Some events may stand already, as when a sender repeats them; their message ids tell.
        """
        until_s = self.patience.until_s(WAIT_S if self._spool is None else WAIT_TO_SET_ASIDE_S)
        wait, error = self.patience.wait, Unavailable("collect: expected a confirmed lease", retry_after_s=1.0)
        while not self._waits_before(batch):
            if self._house.epochs.alive():
                try:
                    return await self._through(batch)
                except Unavailable as again:
                    error = again
            if self._house.epochs.alive() or not await wait(
                len(batch.items), body_bytes=batch.body_bytes, until_s=until_s
            ):
                break
        if self._spool is None or not may_wait(self._house, batch):
            raise error
        remembered_now(self._house)  # in a wrong month nothing is to be set aside either
        await self._spool.add(packed(batch), events=len(batch.items))
        return [_set_aside(item) for item in batch.items]

    async def _through(self, batch: Batch) -> list[Reply]:
        """The gate's replies, once what the batch passes on of customers was heard."""
        await narrow(self._house, batch)
        return await self._intake.collect(batch)

    def give_up(self) -> None:
        """Whoever waits at the gate for a writer that stands still waits no longer: it is set aside."""
        self._intake.give_up()

    def _waits_before(self, batch: Batch) -> bool:
        """Whether something waits in the spool that this batch must not overtake."""
        return self._spool is not None and self._spool.waits() and may_wait(self._house, batch)

    def _tell(self, batch: Batch, replies: Sequence[Reply]) -> None:
        events = self._house.live().policy.events
        for item, reply in zip(batch.items, replies, strict=True):
            name = item.name if isinstance(item, Event) and item.name in events else "*"
            self._answers.add(
                Answer(
                    at=batch.received_at,
                    channel=batch.channel,
                    event=name,
                    outcome=reply.outcome,
                    code=reply.code,
                    kept=reply.kept,
                    dropped=reply.dropped,
                )
            )

    def origins(self) -> frozenset[str]:
        """Web sites whose pages may send with some channel's public key."""
        live = self._house.live_policy
        if self._origins[0] is not live:
            channels = [] if live is None else live.policy.channels.values()
            sites = frozenset(
                origin for channel in channels if channel.assurance_key == "public" for origin in channel.origins
            )
            self._origins = (live, sites)
        return self._origins[1]

    def address(self) -> str:
        """The address by which pages reach the house; empty when no setting says it."""
        return self._public_url

    def ready(self) -> list[str]:
        """Why nothing can be collected now."""
        found = reasons(self._house)
        if self._spool is not None and self._spool.takes and self._house.live_policy is not None:
            found = []  # a store that is away delays what comes in; it refuses nothing
        if not found and self._away is not None and self._house.clock.monotonic_s() < self._away[1]:
            found.append(f"the newest request was refused: {self._away[0]}")
        return found

    def spooling(self) -> bool:
        """Whether what comes in is set aside for now."""
        return self._spool is not None and self._spool.waits()


def _set_aside(item: Event | Fault) -> Reply:
    """What an item is answered that waits; of one that cannot be read it is known what becomes of it."""
    if isinstance(item, Fault):
        return Reply(outcome="refused", code=item.code, dropped=((item.where, item.expected),))
    return Reply(outcome="accepted", code=codes.SET_ASIDE)


def reasons(house: House) -> list[str]:
    """Why a process cannot collect or open anything now, in plain words; empty when it can."""
    found = []
    if not house.epochs.alive():
        found.append("the writer process has not confirmed this one within its lease")
    if house.live_policy is None:
        found.append("no policy was ever approved: lockhouse policy check, then lockhouse policy approve")
    return found
