"""One item on its way through the collect gate, and everything about it that is decided without the stores."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from lockhouse.gates.facts import SuppressionKey  # a Struct reads its hints
from lockhouse.gates.sights import UNKNOWN_EVENT, WOULD_BE_KEPT
from lockhouse.identity.match import Joined
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.model import codes
from lockhouse.model.event import Batch, Event, Fault, Reply
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Consent, DropList, Link
from lockhouse.model.scale import Assurance, Belief, Proof, Stage

if TYPE_CHECKING:
    from lockhouse.gates.house import House, LivePolicy, PersonFacts

_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode
_PUBLIC, _CLAIMED, _PROVEN = int(Belief.PUBLIC), int(Belief.CLAIMED), int(Belief.PROVEN)
"""Plain numbers: an event passes many of them, and a member of an enumeration costs ten times as much."""
_MOVING = frozenset({"_metadata", "receivedAt", "receivedFrom", "sentAt"})
"""What a sender's retry may change in an item without it being another item: in `_metadata` the browser library counts
its retries."""


class Found(msgspec.Struct, gc=False):
    """One identifier of an event: its field, where it is indexed and how far it is believed."""

    field: str
    kind: int
    generation: int
    tag: bytes
    is_person: bool
    belief: int


class Said(NamedTuple):
    """A word on one purpose, and what it comes from: of a sale no word, only that it was one; nor of a region.

    `notice`: of a suppression's word, which one; of a sale, the import that it came with; the region itself.
    """

    purpose: str
    granted: bool
    signal: str
    notice: str | None = None


class Work(msgspec.Struct, gc=False):
    """One item and what is known of it so far; lives for one passage through the gate."""

    batch: Batch
    event: Event
    live: Any
    reducer: Any
    record: bytes
    message: bytes = b""
    body: bytes = b""
    found: list[Found] = []
    seen: Any = None
    mask: int = 0
    closed: int = 0
    """Purposes that nothing opens for it, as bits: of an event that is replayed, those that were shut when it came."""
    ended: frozenset[int] = frozenset()
    """Compartments of its person that have ended since it came in: of an event that was set aside."""
    past: Collection[str] = ()
    """Its fields of those: nothing of them is kept, and they point only to whom they pointed before."""
    reduced: Any = None
    person: bytes = b""
    own: Any = None
    """The facts of the person whose record it will be; None for someone never seen."""
    is_new: bool = False
    proof: int = Proof.CLAIMED
    is_activity: bool = True
    """Whether its person counts as active by it."""
    facts: Any = None
    facts_of: tuple[bytes, ...] = ()
    reply: Reply | None = None
    indexes: tuple[tuple[int, int, bytes, int], ...] = ()
    links: tuple[Joined, ...] = ()
    region: str | None = None
    """Where its person is from now on, if it moves them."""
    said: Sequence[Said] = ()
    """What it says that does not stand yet."""
    new_links: Sequence[Link] = ()
    new_words: Sequence[Consent] = ()
    ended_links: Sequence[Link] = ()
    """As they stood, of those that `new_links` end."""
    untold_links: Sequence[Link] = ()
    moved: bool = False
    observed: Sequence[tuple[str, str]] = ()
    """Of an item of an observed channel: the paths and shapes that its commit counts, as (path, reason); of an event
    that the policy does not name, that it was one."""
    listed: DropList | None = None
    """The list of dropped paths that its commit brings, if it does."""
    suppressed: frozenset[str] = frozenset()
    """Purposes that a suppression of one of its identifiers closes."""
    suppressions: Mapping[str, frozenset[str]] = {}
    """The suppressions of its identifiers, as words name them, and what each closes."""
    suppressions_read: Mapping[SuppressionKey, bytes | None] | None = None
    """Where they lie, and the rows as they were read, also of what was lifted; None if they were not looked for."""

    def under(self, live: LivePolicy) -> bool:
        """Whether it can be decided by this policy; what another policy's reducer saw in it is looked at again."""
        self.suppressed, self.suppressions, self.said, self.is_new = frozenset(), {}, (), False
        self.is_activity, self.region = True, None
        self.ended, self.past = frozenset(), ()
        self.ended_links = self.untold_links = ()
        self.suppressions_read = None
        if live is not self.live:
            if not live.takes(self.batch.channel):
                self.refuse(codes.NO_SUCH_EVENT)
                return False
            self.live, self.reducer = live, live.reducer(self.batch.channel)
            self.seen = self.reducer.look(self.event)
        return True

    def belongs_to(self, person: bytes) -> None:
        """Say whose it is; with the facts of that person, if they were seen before."""
        self.person = person
        self.own = None
        for who, facts in zip(self.facts_of, self.facts or (), strict=True):
            if who == person:
                self.own = cast("PersonFacts", facts)

    @property
    def belief(self) -> int:
        """How far its record is believed, as `Belief` counts."""
        return _PUBLIC if self.batch.assurance <= Assurance.PUBLIC else self.proof

    @property
    def active_on(self) -> int:
        """The day on which its person was active: data of years ago, brought in today, makes nobody active today."""
        at = min(self.event.occurred_at, self.batch.received_at)
        return at - at % DAY_MS

    @property
    def untold(self) -> Sequence[Consent]:
        """The person's words that stand without a ledger entry: this item's record brings it."""
        return () if self.own is None else self.own.untold

    @property
    def seal_version(self) -> int:
        """The version of the person's seal that this item was decided at."""
        return 0 if self.own is None else self.own.seal

    def is_again(self, body: bytes) -> bool:
        """Whether a receipt's body says that the item came before; those of older receipts are longer."""
        return body[: len(self.body)] == self.body

    def refuse(self, code: str, dropped: tuple[tuple[str, str], ...] = ()) -> None:
        """Answer it: nothing of it is stored, and it says nothing of anybody."""
        self.new_words = self.new_links = ()
        self.reply = Reply(outcome="refused", code=code, dropped=dropped)


def begin_all(house: House, live: LivePolicy, batches: Sequence[Batch]) -> list[list[Work | Reply]]:
    """The items of a group at the gate: their messages and identifiers hashed, or an answer if one cannot go on.

    All of a batch is refused if its channel left the policy after its key was looked at. Each step is taken for all
    items before the next, as in `crypto.boxkeys`.
    """
    begun = [[_begin(house, live, batch, item) for item in batch.items] for batch in batches]
    works = [one for batch in begun for one in batch if isinstance(one, Work)]
    _tag_messages(house, works)
    find_identifiers(house, [work for work in works if work.reply is None])
    return begun


def _begin(house: House, live: LivePolicy, batch: Batch, item: Event | Fault) -> Work | Reply:
    if not live.takes(batch.channel):
        return Reply(outcome="refused", code=codes.NO_SUCH_EVENT)
    if isinstance(item, Fault):
        return Reply(outcome="refused", code=item.code, dropped=((item.where, item.expected),))
    reducer = live.reducer(batch.channel)
    work = Work(batch, item, live, reducer, house.ids.new())
    work.seen = reducer.look(item)
    if live.policy.channels[batch.channel].stage == Stage.OBSERVE:
        _observe(work)
    elif work.seen.plan is None:
        work.refuse(codes.NO_SUCH_EVENT)
        work.observed = UNKNOWN_EVENT
    return work


def unread_class(credential: str) -> str:
    """The class in which the message ids of items that could not be read are remembered.

    Another than the credential's own: the same item may come again, mended, under the same id.
    """
    return f"{credential}/unread"


def _observe(work: Work) -> None:
    """A channel that is only observed keeps paths and counts: what would be kept, and what would be dropped.

    An event that the policy does not name is observed like any other: that is what the stage is for.
    """
    reduced = work.reducer.reduce(work.event, (1 << len(work.live.policy.purposes)) - 1, seen=work.seen)
    slots = [*reduced.clear, *(slot for values in reduced.boxes.values() for slot in values)]
    kept = tuple((work.live.slot(slot).field, WOULD_BE_KEPT) for slot in slots)
    work.reply = Reply(outcome="observed", code=codes.OBSERVED, dropped=(*reduced.dropped, *kept))


def _tag_messages(house: House, works: Sequence[Work]) -> None:
    """The tags by which each item's message id and body are known again."""
    bodies = [_body(work.event) for work in works]
    for work, body in zip(works, bodies, strict=True):
        text = work.event.message_id or work.record.hex()
        work.message = house.message_tags.tag(text, credential_class=work.batch.credential)
        work.body = house.message_tags.body(body)


def _body(event: Event) -> bytes:
    source = event.source
    if not _MOVING.isdisjoint(source):
        source = {name: value for name, value in source.items() if name not in _MOVING}
    return _ENCODE(source)


def find_identifiers(house: House, works: Sequence[Work]) -> None:
    """Every identifier that events carry, as blind indexes: held in memory only, until a purpose allows one."""
    carried = [(work, work.reducer.identifiers(work.event, seen=work.seen)) for work in works]
    normalised = [
        (work, kind, plain, field)
        for work, identifiers in carried
        for field, value in identifiers
        if (plain := (kind := work.live.kind(field)).points(value)) is not None
    ]
    tag = house.indexer.tag
    tags = [tag(kind.number, kind.generation, plain, norm=NORM_VERSION) for _, kind, plain, _ in normalised]
    for (work, kind, _, field), made in zip(normalised, tags, strict=True):
        proven = field in work.live.policy.channels[work.batch.channel].proves
        belief = belief_in(work.batch, proven=proven, is_person=kind.is_person)
        work.found.append(Found(field, kind.number, kind.generation, made, kind.is_person, belief))


def belief_in(batch: Batch, *, proven: bool, is_person: bool) -> int:
    """How far a batch's word for an identifier goes, as `Belief` counts.

    Only a channel that the policy lists under `proves` shows that the person controls it, and only with more than a
    public key: a key that anyone can read proves nothing about anyone, and what comes with it is believed least. Of a
    device one claim is like another: it has no address that somebody could attach, and site and server name the same.

    Args:
        batch: what came in one request.
        proven: whether its channel proves identifiers of this field.
        is_person: whether they point to a person.
    """
    if batch.assurance <= Assurance.PUBLIC:
        return _PUBLIC if is_person else _CLAIMED
    return _PROVEN if proven else _CLAIMED


def evidence_of(work: Work) -> str | None:
    """The region an event gives evidence of, if its sender may: a key that anyone can read moves nobody to a region.

    A region picks the lawful basis, so it can widen what is kept and used.
    """
    if work.batch.assurance < Assurance.SECRET:
        return None
    region: str | None = work.seen.region(work.event.source)
    return region
