"""The ports: what gates and flows ask of the world. Ports are async, decisions sync.

Everything durable passes through two of them: `Reads` for set-wise look-ups, `Commits` for Changes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Literal, Protocol, TypeVar

import msgspec

from lockhouse.model.change import Change, Committed, Conflict, KeyTuple
from lockhouse.model.decision import Actor
from lockhouse.model.decision import Facts as ActorFacts
from lockhouse.model.mails import Letter
from lockhouse.model.rows import Checkpoint, Job, Row
from lockhouse.secret import Secret

RowT = TypeVar("RowT", bound=Row)


class Clock(Protocol):
    """The house's trusted clock."""

    def now_ms(self) -> int:
        """Wall time in ms since 1970, UTC."""
        ...

    def monotonic_s(self) -> float:
        """A clock that no operator can set; only for leases and durations."""
        ...


class Ids(Protocol):
    """Identifiers and randomness from the operating system."""

    def new(self) -> bytes:
        """A UUIDv7, 16 bytes, strictly increasing within this process."""
        ...

    def random(self, size: int) -> bytes:
        """`size` random bytes fit for keys."""
        ...


class Reads(Protocol):
    """Set-wise look-ups over committed rows. Each call is one short read; none holds a transaction open."""

    async def get(self, row: type[RowT], keys: Sequence[KeyTuple]) -> dict[KeyTuple, RowT]:
        """The rows with these keys; absent ones are left out. A shorter tuple is not a key: use `find`."""
        ...

    async def find(
        self,
        row: type[RowT],
        by: Sequence[str],
        values: Sequence[KeyTuple],
        *,
        after: KeyTuple | None = None,
        limit: int | None = None,
    ) -> list[RowT]:
        """Rows whose columns `by` equal one of `values`, in key order, at most `limit`, keys greater than `after`.

        Without a limit it is every one of them: what decides over data must not overlook the last.
        `by` must be a prefix of the table's key or one of its declared indexes; anything else raises `Invalid`,
        so that no look-up scans a table by mistake. With an index, order is (index columns, key).
        """
        ...

    def scan(self, row: type[RowT], *, chunk: int = 1_000) -> AsyncIterator[list[RowT]]:
        """The whole table in key order (arrival order for appended rows), in chunks, each its own short read.

        Between two full chunks the event loop has a turn: whoever works on a long table need not see to that.
        """
        ...


class Commits(Protocol):
    """The only way to write."""

    async def commit(self, change: Change) -> Committed | Conflict:
        """Durable when it returns `Committed`.

        Raises:
            Unavailable: the store is away or this process may not write now; nothing was written
                that the caller may rely on.
        """
        ...

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        """Each on its own; neighbours in one durable group where possible. Answers in the order of `changes`."""
        ...

    async def scrub(self) -> None:
        """Returns when no deleted row of the identity store remains in its log file.

        Raises:
            Unavailable: a reader kept it from finishing; retry.
        """
        ...


class Epochs(Protocol):
    """The two numbers every process must have seen: which policy rules, which keys have ended."""

    def policy(self) -> int:
        """The policy epoch this process has seen."""
        ...

    def key(self) -> int:
        """The key epoch this process has seen."""
        ...

    def alive(self) -> bool:
        """Whether this process has confirmed both within the lease; if not it seals and opens nothing."""
        ...

    async def announce(self, *, policy: bool = False, key: bool = False) -> None:
        """Moves an epoch, durably, and returns when every live process has acknowledged it or its lease ran out."""
        ...

    def on_move(self, act: Callable[[int, int], None]) -> None:
        """Calls `act(policy, key)` in this process whenever either moves, before the move is acknowledged."""
        ...


class Facts(Protocol):
    """What is known of whoever asks, besides the policy and the person: the one place that answers for each fact."""

    async def of(self, actor: Actor) -> ActorFacts:
        """Courses, grant, step-up, network, quota and own records that stand now, with the day and the hour.

        What nobody can say is None, and then it is not so.

        Raises:
            Tampered: a row that gives authority was not made by this house.
        """
        ...


class Sequencer(Protocol):
    """Folds lanes into the tree and signs its head; one process of a house does."""

    async def seal_ledger(self) -> Checkpoint:
        """Everything durable so far has a position, and the checkpoint returned covers it.

        Raises:
            Unavailable: the store is away.
            Tampered: the ledger or its newest checkpoint was found changed.
        """
        ...


class RootStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a root says of itself.

    Attributes:
        kind: the adapter.
        place: where it is, as its operator knows it.
        generations: that exist, ascending; `destroyed` those that once did.
        final: whether destroying a generation destroys every copy of its key.
    """

    kind: str
    place: str
    generations: tuple[int, ...]
    destroyed: tuple[int, ...]
    final: bool


class Root(Protocol):
    """The root of all keys, in a KMS. Asked once per generation and process."""

    async def new_generation(self) -> int:
        """A new root key version of its own; destroying the generation destroys that version."""
        ...

    async def wrap(self, generation: int, plaintext: Secret, aad: bytes) -> bytes:
        """A KEK under this generation's own root key version."""
        ...

    async def unwrap(self, generation: int, blob: bytes, aad: bytes) -> Secret:
        """The KEK again.

        Raises:
            Tampered: another generation, other bytes or another place.
            Unavailable: the root is locked or away, or the generation was destroyed.
        """
        ...

    async def mac(self, generation: int, message: bytes) -> bytes:
        """The 32-byte MAC of a message under a key of the generation that wraps nothing.

        Raises:
            Unavailable: the root is locked or away, or the generation was destroyed.
        """
        ...

    async def destroy_generation(self, generation: int) -> None:
        """The generation's own root key version is gone, durably; every call that names it fails from now on.

        Raises:
            Unavailable: the root is away, or there is no such generation (any more).
        """
        ...

    async def status(self) -> RootStatus:
        """Which generations exist and which did; asks for no passphrase.

        Raises:
            Unavailable: the root is away.
        """
        ...


class Journal(Protocol):
    """Serials of destroyed keys, appended off the stores before a destruction answers; a restore replays it."""

    def append(self, serials: Sequence[bytes], *, cause: str, at: int) -> None:
        """Durable, and shipped to its second place, when this returns."""
        ...


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a recipient's server answered: its status, and how long it asks to be left alone (seconds)."""

    status: int
    retry_after_s: float | None = None


class OutboundHTTP(Protocol):
    """The one way out over HTTP: destinations are allow-listed by the policy, private networks only if it says so."""

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer of the server.

        Raises:
            Unavailable: no answer; the body may or may not have arrived.
            Refused: the address is not one that may be sent to.
        """
        ...


class MailAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the mail server answered.

    Attributes:
        status: a reply code (RFC 5321 §4.2.1): 2xx it was taken, 4xx not yet, 5xx never.
        about: this `mail` (its recipient, its text), or how the `house` sends: its sign-in, its sender.
    """

    status: int
    about: Literal["house", "mail"]


class OutboundMail(Protocol):
    """The one way out by mail, through the server that the settings name."""

    async def send(self, letter: Letter) -> MailAnswer:
        """The answer of the server; with a 2xx it is the server's to deliver.

        Raises:
            Unavailable: no answer; it may or may not have been taken.
            Invalid: an address or subject that would be more than one header.
        """
        ...


class Leases(Protocol):
    """Jobs under a lease with a fence; the wiring gives `lockhouse.wiring.jobs`."""

    def plan(self, kind: str, *, dedupe: str, run_at: int) -> Change:
        """Insert one, unless one of this kind and name stands."""
        ...

    def due(self, jobs: Iterable[Job], *, now: int) -> list[Job]:
        """Those that may be claimed, the longest due first."""
        ...

    def claim(self, job: Job, *, owner: bytes, now: int) -> Change:
        """Take it."""
        ...

    def claimed(self, job: Job, *, owner: bytes, now: int) -> Job:
        """As the claim leaves it."""
        ...

    def step(self, job: Job, *, cursor: bytes, now: int) -> tuple[Change, Job]:
        """One step and the job behind it."""
        ...

    def finish(self, job: Job) -> Change:
        """The last step."""
        ...

    def fail(self, job: Job, *, now: int, fault: str) -> Change:
        """Let go after a fault."""
        ...
