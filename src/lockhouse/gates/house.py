"""The house as the gates and flows see it: its ports, its keys and the policy that rules now.

One process makes one `House` (the wiring does). It holds no data of persons beyond a bounded cache of facts that
decide, and drops that cache whenever the key epoch moves.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakValueDictionary

import msgspec

from lockhouse.crypto.blindindex import Indexer
from lockhouse.crypto.credentials import MessageTags
from lockhouse.crypto.keyring import Keyring
from lockhouse.crypto.signatures import RowMacs
from lockhouse.crypto.staff import StaffKeys
from lockhouse.errors import Unavailable
from lockhouse.gates.drop_lists import DropLists
from lockhouse.gates.proving import Proving
from lockhouse.gates.quota_entries import QuotaEntries
from lockhouse.gates.sights import Sighted
from lockhouse.gates.strict import Strict
from lockhouse.gates.time_sense import TimeSense
from lockhouse.identity.normalise import EMPTY, StopList, normal, stop_list
from lockhouse.model.ids import DAY_MS
from lockhouse.model.names import NameBook
from lockhouse.model.ports import Clock, Commits, Epochs, Ids, Reads
from lockhouse.model.ports import Facts as ActorFacts
from lockhouse.model.rows import Consent
from lockhouse.model.scale import Stage
from lockhouse.policy.lacking import Sieve
from lockhouse.policy.life import add, compartment_of_name, days, slot_of_name
from lockhouse.policy.live import purposes_open, why_shut
from lockhouse.policy.reduce import Reducer
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.model.decision import PersonFacts as Asked
    from lockhouse.model.policy import Compartment, Keep, Life, Policy, Slot
    from lockhouse.model.rows import Intent
    from lockhouse.policy.reopen import Declared, Former

_OPEN_CACHED = 4_096
FACTS_CACHED = 10_000
"""Persons whose deciding facts a process keeps; about 0.4 KB each."""


class IdentifierKind(NamedTuple):
    """How a field's identifiers are indexed."""

    number: int
    generation: int
    type: str
    is_person: bool
    own: StopList = EMPTY
    """What stands for nobody in this house."""

    def points(self, value: str) -> str | None:
        """The text that a canonical value is indexed by when it comes in, or None if it identifies nobody."""
        return normal(self.type, value, own=self.own)


class Waiting(NamedTuple):
    """An approved version of the policy that does not rule yet, and when (ms) it does.

    Never, once it was found not to be as it was left last: `stale`.
    """

    version: int
    due_at: int
    policy: Policy
    stale: bool = False


class PersonFacts(msgspec.Struct, frozen=True, gc=False):
    """What decides over a person's data, as read at one version of their seal."""

    seal: int
    ending: bool
    state: int
    region: str | None
    """By the newest evidence that was believed; None where that differs, or there is none."""
    consents: dict[str, bool]
    objected: frozenset[str]
    active_at: int
    version: int = 0
    created_at: int = 0
    suppressions: frozenset[str] = frozenset()
    """Suppressions that the person once came with, by what a word's `notice` says of them."""
    denied_at: dict[str, int] = {}
    """When the person said each no that stands (ms): a yes from before it counts for nothing."""
    came_with: str | None = None
    """The region of the person's row, which never moves."""
    regions: frozenset[str] = frozenset()
    """All that the newest evidence says, where it differs."""
    region_at: int = -1
    """Of when that evidence is (ms); -1: there is none."""
    sold_at: dict[str, int] = {}
    """Purpose -> when the person last bought (ms), as far as a soft opt-in for it may rest on that."""
    untold: tuple[Consent, ...] = ()
    """Words that no ledger entry names yet: whoever said them was cut off before the second commit."""


class FactsCache:
    """Recently used persons' facts. A commit expects the seal version they were read at: a stale one only retries."""

    def __init__(self, size: int = FACTS_CACHED) -> None:
        self._size = size
        self._kept: OrderedDict[bytes, PersonFacts] = OrderedDict()

    def get(self, person: bytes) -> PersonFacts | None:
        """The facts of a person, if they are kept."""
        facts = self._kept.get(person)
        if facts is not None:
            self._kept.move_to_end(person)
        return facts

    def put(self, person: bytes, facts: PersonFacts) -> None:
        """Keep them; the least recently used go."""
        self._kept[person] = facts
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def drop(self, person: bytes) -> None:
        """Forget one person."""
        self._kept.pop(person, None)

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()


class LivePolicy:
    """The approved policy that rules now, with what is derived from it once."""

    def __init__(self, policy: Policy, *, version: int, epoch: int, names: NameBook) -> None:
        self.policy = policy
        self.version = version
        self.assigned: dict[str, int] = {}
        self.promised: dict[int, Former] = {}
        """Version of the policy -> what was promised for the records stored under that version."""
        self.waiting: Waiting | None = None
        self.epoch = epoch
        self.names = names
        self.compartments: dict[int, Compartment] = {one.id: one for one in policy.compartments}
        self.bits: dict[str, int] = {purpose.name: 1 << at for at, purpose in enumerate(policy.purposes)}
        self._promises: dict[tuple[str, int, int], tuple[Keep, ...]] = {}
        self._slots: dict[int, Slot] = {slot.id: slot for slot in policy.slots}
        self._reducers: dict[str, Reducer] = {}
        self._sieves: dict[str, Sieve] = {}
        self.trials = frozenset(name for name, one in policy.channels.items() if one.stage == Stage.TRIAL)
        """The channels of which what the policy lacks is kept for replay."""
        self._recipients: dict[str, tuple[int, ...]] = {}
        self._open: dict[tuple[object, ...], tuple[int, tuple[str, ...]]] = {}
        self._rings: dict[frozenset[int], frozenset[int]] = {}
        keeps = [purpose.keep for purpose in policy.purposes if purpose.keep is not None]
        # A month has at least 28 days, and `days` counts 31: what is younger than this no keep has ended.
        self._shortest_ms = min((days(keep) * DAY_MS * 28 // 31 for keep in keeps), default=0)
        self.sales = {name: tuple(one.name for one in policy.purposes if name in one.sales) for name in policy.events}
        """Event -> the purposes for which it makes somebody a customer."""
        self._kinds: dict[str, IdentifierKind] = {
            name: IdentifierKind(
                policy.identifiers[name], 1, declared.type, declared.identifies == "person",
                stop_list(declared.type, declared.nobody) if declared.nobody else EMPTY,
            )
            for name, declared in policy.fields.items()
            if declared.identifies is not None
        }  # fmt: skip
        self.device_kinds = frozenset(kind.number for kind in self._kinds.values() if not kind.is_person)

    def takes(self, channel: str) -> bool:
        """Whether the policy has this channel, and this version serves it."""
        found = self.policy.channels.get(channel)
        return found is not None and found.served

    def reducer(self, channel: str) -> Reducer:
        """The reducer of one channel, made at first use."""
        made = self._reducers.get(channel)
        if made is None:
            made = self._reducers[channel] = Reducer(self.policy, channel)
        return made

    def sieve(self, channel: str) -> Sieve:
        """What the policy lacks of one channel's events, made at first use."""
        made = self._sieves.get(channel)
        if made is None:
            made = self._sieves[channel] = Sieve(self.policy, channel)
        return made

    def kind(self, name: str) -> IdentifierKind:
        """How a field that identifies is indexed."""
        return self._kinds[name]

    def purposes_open(self, facts: Asked) -> tuple[int, tuple[str, ...]]:
        """The purposes that are live for these facts, as bits, and why each of the others is shut, by position.

        Remembered, since most people's facts are alike.
        """
        said = facts.event_consents
        key = (
            facts.region, facts.regions, frozenset(facts.consents.items()),
            None if said is None else frozenset(said.items()), facts.signals, facts.state, facts.suppressed,
            facts.objected, facts.customer,
        )  # fmt: skip
        known = self._open.get(key)
        if known is None:
            if len(self._open) >= _OPEN_CACHED:
                self._open.clear()
            known = self._open[key] = purposes_open(self.policy, facts), why_shut(self.policy, facts)
        return known

    def overdue(self, at: int, now: int, *, active_at: int = 0) -> int:
        """Bits of the purposes whose keep had passed by `now` for something that happened `at` (ms).

        Args:
            at: of the event. now: when it came in.
            active_at: the person's last activity before it; 0 for someone never seen.
        """
        if now - at < self._shortest_ms:
            return 0
        bits = 0
        for purpose in self.policy.purposes:
            if purpose.keep is not None:
                start = at if purpose.keep.after == "event" else max(at, active_at)
                bits |= self.bits[purpose.name] if add(start, purpose.keep) <= now else 0
        return bits

    def ring_for(self, kinds: frozenset[int]) -> frozenset[int]:
        """The compartments that a person known by these kinds of identifiers is given keys of at once.

        It is all that any event of today with such an identifier can fill: of a device there is never a street. What
        is never sealed needs no key, nor what is filled only by data of years ago. Should a box of another compartment
        come up later, the ring is extended.
        """
        known = self._rings.get(kinds)
        if known is None:
            names = {name for name, kind in self._kinds.items() if kind.number in kinds}
            plans = [plan.fields for plan in self.policy.events.values() if not names.isdisjoint(plan.fields)]
            sealed = {name for plan in plans for name in plan if not self.policy.fields[name].clear}
            fixed = {purpose.name for purpose in self.policy.purposes if not purpose.refusable}
            known = frozenset(
                slot.compartment
                for slot in self.policy.slots
                if slot.field in sealed
                and fixed.intersection(self.policy.fields[slot.field].purposes) <= {*slot.purposes}
            )
            self._rings[kinds] = known
        return known

    def recipients_of(self, event: str) -> tuple[int, ...]:
        """Numbers of the served recipients that may receive some field of this event."""
        known = self._recipients.get(event)
        if known is None:
            fields = set(self.policy.events[event].fields)
            known = self._recipients[event] = tuple(
                one.id for one in self.policy.recipients.values() if one.served and fields & set(one.fields)
            )
        return known

    def promised_keeps(self, purpose: str, *, version: int, compartment: int) -> tuple[Keep, ...]:
        """The keeps that were promised for a purpose when a record was stored: by its policy, and by its compartment.

        Either may be unknown (an administrator dropped the row); what is known binds.
        """
        place = (purpose, version, compartment)
        known = self._promises.get(place)
        if known is None:
            before = self.promised.get(version)
            found = {before.keeps.get(purpose) if before else None}
            found |= {life.keep for life in self._lives(compartment) if purpose in life.purposes}
            known = self._promises[place] = tuple(keep for keep in found if keep is not None)
        return known

    def declared(self, field: str, *, version: int) -> Declared | None:
        """What a field was when a record was stored; None where that version of the policy is unknown."""
        before = self.promised.get(version)
        return None if before is None else before.fields.get(field)

    def serves(self, purpose: str, compartment: int) -> bool:
        """Whether a purpose is one of those that a compartment, of this or of a former policy, was made for."""
        return any(purpose in life.purposes for life in self._lives(compartment))

    def _lives(self, compartment: int) -> tuple[Life, ...]:
        known = self.compartments.get(compartment)
        if known is not None:
            return known.lives
        name = self.names.name("compartment", compartment)
        return () if name is None else compartment_of_name(name, number=compartment).lives

    def slot(self, number: int) -> Slot | None:
        """A slot of this or of a former policy; None if the registry never named it."""
        slot = self._slots.get(number)
        if slot is None:
            name = self.names.name("slot", number)
            if name is None:
                return None
            slot = self._slots[number] = slot_of_name(name, number=number)
        return slot

    def compartment_class(self, number: int) -> str | None:
        """The class of a compartment of this or of a former policy."""
        known = self.compartments.get(number)
        if known is not None:
            return known.class_
        name = self.names.name("compartment", number)
        return None if name is None else compartment_of_name(name, number=number).class_


@dataclass(slots=True, kw_only=True)
class House:
    """Everything a gate needs, handed in."""

    id: bytes
    log: str
    reads: Reads
    commits: Commits
    epochs: Epochs
    clock: Clock
    ids: Ids
    keks: dict[int, Secret]
    generation: int
    """The KEK generation that wraps what is new."""
    keyring: Keyring
    indexer: Indexer
    notary: Callable[[], bytes]
    """The committing store's public key now (a restarted writer has a new one); what a `Noted` is verified with."""
    receipt_key: Secret
    credential_keys: dict[int, Secret]
    """What write keys are hashed under, by version; new ones under the newest."""
    integrity_key: Secret
    suppression_key: Secret
    lane: str = "console"
    """The ledger lane of this process: a slot, reopened at a restart."""
    demo: bool = False
    sends_mail: bool = False
    live_policy: LivePolicy | None = None
    doubted: tuple[int, ...] = ()
    """Versions of the policy that stand in the store and that nobody approved; `gates.live` fills it."""
    suppressions: bool = False
    erased_marks: bool = False
    """Whether any of them exists: kept current by the key epoch, asked before hashing for one."""
    read_shut: bool = False
    """Brought back in doubt, see `gates.read_shut`: nothing is shown or sent on. Kept current by the key epoch."""
    facts: FactsCache = field(default_factory=FactsCache)
    sighted: dict[int, Sighted] = field(default_factory=dict)
    """What is known of channels that are observed, by their number; `gates.collect.observe` fills it."""
    held: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Channel -> bytes that lie in quarantine, and when they were counted; `gates.quarantine` fills it."""
    quotas: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Owner -> how far this process has seen their hour; `gates.disclose.hour` fills it."""
    turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """Owner -> who has the turn to be counted, as long as anybody has or waits; `gates.disclose.turn`."""
    quota_entries: QuotaEntries = field(default_factory=QuotaEntries)
    """Which rows of quotas the last hour's entries tell of, as far as this process has read them."""
    cases: dict[Intent, Any] = field(default_factory=dict)
    """Intent rows whose MAC was checked, as they stood; `gates.cases` fills it."""
    seen_policy: int = -1
    seen_key: int = -1
    stale: bool = True
    """Set when an epoch moved; whoever needs keys or the policy refreshes first."""
    refreshing: asyncio.Lock = field(default_factory=asyncio.Lock)
    actor_facts: ActorFacts = field(init=False)
    """What is known of whoever asks; the wiring hands it in, since it reads through this house."""
    message_tags: MessageTags = field(init=False)
    """How messages and their bodies are known again; from the receipt key, taken in once."""
    drop_lists: DropLists = field(init=False)
    """Which lists of dropped paths are known to be stored."""
    time: TimeSense = field(init=False)
    row_macs: RowMacs = field(init=False)
    """How rows of persons and identifiers are known as the house's own; from the integrity key, taken in once."""
    staff_keys: StaffKeys = field(init=False)
    proving: Proving = field(default_factory=Proving)
    strict: Strict = field(default_factory=Strict)

    def __post_init__(self) -> None:
        self.message_tags = MessageTags(self.receipt_key)
        self.drop_lists = DropLists(self.message_tags)
        self.time = TimeSense(self.clock.now_ms(), self.clock.monotonic_s())
        self.row_macs = RowMacs(self.integrity_key)
        self.staff_keys = StaffKeys.of(self.integrity_key, house=self.id)

    def live(self) -> LivePolicy:
        """The policy that rules now.

        Raises:
            Unavailable: none was ever approved; then nothing is collected and nothing is shown.
        """
        if self.live_policy is None:
            hint = "lockhouse policy check, then lockhouse policy approve"
            raise Unavailable("policy: expected an approved policy, got none", hint=hint)
        return self.live_policy
