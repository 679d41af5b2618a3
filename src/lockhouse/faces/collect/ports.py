"""What the collect listener asks of the house; the wiring gives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from lockhouse.channels.hooks import HookKind
from lockhouse.model.scale import Assurance, Stage
from lockhouse.model.signing import Signing
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from lockhouse.model.event import Batch, Reply


class Sender(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who a write key belongs to.

    Attributes:
        channel: its name in the policy.
        credential: class of the credential; message ids are deduplicated within it.
        origins: web sites whose pages may send with a public key (`https://shop.example`).
        paused: taken out of service for now; clients keep what they have and try again.
    """

    channel: str
    assurance: Assurance
    credential: str
    origins: tuple[str, ...] = ()
    stage: Stage = Stage.LIVE
    paused: bool = False


class Limited(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A sender that must wait."""

    channel: str
    retry_after_s: float


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that providers deliver to, and what proves their deliveries.

    Attributes:
        signing: how they are signed; a kind's own, or the channel's.
        secrets: the live ones, as keys; none proves nothing.
        credential: as of a sender.
        url: the address under which the provider knows the channel; empty when no setting says it.
    """

    channel: str
    kind: HookKind
    signing: Signing
    secrets: tuple[Secret, ...]
    credential: str
    url: str = ""
    paused: bool = False


class Collector(Protocol):
    """The house behind the listener."""

    async def hook(self, name: str) -> Hook | None:
        """The channel of this name, if providers deliver to it. Called for each delivery, so it is cheap."""
        ...

    async def fetch(self, url: str, *, is_proven: bool) -> bytes:
        """What stands at an address that a kind has pinned; empty where nothing does, or who proves nothing must wait.

        Raises:
            Unavailable: it cannot be had now.
        """
        ...

    async def authenticate(self, key: str | None) -> Sender | Limited | None:
        """Who shows this key; None when nobody has it. Called for each request, so it is cheap.

        Args:
            key: None for a request without any, which counts like one with a key that nobody has.
        """
        ...

    def held(self) -> Limited | None:
        """How long this network must wait before it may come without a good key again; None when it may now."""
        ...

    async def collect(self, batch: Batch) -> Sequence[Reply]:
        """One reply an item, in their order, once each is durable.

        Raises:
            Unavailable: part of the house is away; the client repeats the whole batch.
        """
        ...

    def origins(self) -> frozenset[str]:
        """Origins of all channels with a public key: a preflight request carries no key."""
        ...

    def address(self) -> str:
        """The address by which pages reach the house, as its setting says; empty when it says nothing."""
        ...

    def ready(self) -> list[str]:
        """Why nothing can be collected now, in plain words without values; empty when it can."""
        ...

    def spooling(self) -> bool:
        """Whether what comes in is set aside for now, because a store is away or others wait before it."""
        ...


class Watch(Protocol):
    """Who counts and logs what was answered; never given a personal value."""

    def on_answer(self, channel: str, outcome: str, code: str, count: int) -> None:
        """`count` items (or one whole request, `rejected`) got this answer; `channel` is empty when unknown."""
        ...

    def on_incident(self, incident: str, error: BaseException) -> None:
        """Something of ours went wrong. The error may hold values: log its type and place, not its text."""
        ...


IncidentIds = Callable[[], str]
