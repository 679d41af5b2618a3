"""The compiled policy: what a serving process loads, with no YAML and no Cedar behind it.

Everything here is a frozen value that goes to bytes and back (`encode_policy`, `decode_policy`). Names stand
beside the small integers of the name registry, because rows and boxes hold only the integers.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Literal

import msgspec

from lockhouse.model.event import Kind
from lockhouse.model.scale import Stage
from lockhouse.model.signing import Signing

BasisWord = Literal[
    "consent", "opt_out", "soft_opt_in", "contract", "legal_obligation", "legitimate_interest", "vital_interest"
]
REFUSABLE_BASES: frozenset[str] = frozenset({"consent", "opt_out", "soft_opt_in", "legitimate_interest"})
"""Bases a person can close by a word of their own (GDPR Art. 6(1)(a), 7(3), 21; US state opt-outs)."""

Mode = Literal["aggregate", "masked", "full", "check", "change"]
REQUESTS = "requests"
"""The built-in purpose: handling a data subject's own request."""


class Guard(IntFlag):
    """What must hold besides the role's word; a cell of the decision table carries them as bits."""

    NONE = 0
    STEP_UP = 1
    COURSE = 2
    GRANT = 4
    REASON = 8
    NETWORK = 16
    QUOTA = 32


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts of a compiled policy."""


class Keep(Part, frozen=True):
    """How long a purpose needs data: `n` months or days after the event or after the person's last activity."""

    n: int
    unit: Literal["months", "days"]
    after: Literal["event", "last_activity"]


class Purpose(Part, frozen=True):
    """Why data is processed.

    Attributes:
        id: number in the name registry.
        about: the sentence the customer reads.
        basis: region -> lawful basis; the key `default` is always there.
        sold_or_shared: closed by GPC and by an opt-out of sale and sharing.
        keep: None only for the built-in purpose, which keeps nothing of its own.
        refusable: whether any of its bases can be closed by the person.
        builtin: true for `requests`.
        sales: names of the events that make somebody a customer, for a soft opt-in (ePrivacy Directive Art. 13(2)).
    """

    id: int
    name: str
    about: str
    basis: dict[str, BasisWord]
    sold_or_shared: bool = False
    keep: Keep | None = None
    refusable: bool = False
    builtin: bool = False
    sales: tuple[str, ...] = ()


class Field(Part, frozen=True):
    """A declared item of data.

    Attributes:
        purposes: names, in alphabetical order.
        minimise: a minimiser's word with its number, such as `truncate 3`, or None.
        mask: a mask's word.
        clear: stored unsealed, so that it can be counted.
        special: needs its own Art. 9 condition and is never covered by `*`.
        condition: that Art. 9(2) condition.
        of: for lists: item key -> type; the key is empty for a list of plain values.
        nobody: canonical values that stand for nobody in this house, in alphabetical order; `@domain` for a domain.
    """

    id: int
    name: str
    type: str
    class_: str
    purposes: tuple[str, ...]
    identifies: Literal["person", "device"] | None = None
    find_by: tuple[str, ...] = ()
    minimise: str | None = None
    mask: str = "hidden"
    clear: bool = False
    special: bool = False
    condition: str | None = None
    of: dict[str, str] = {}
    nobody: tuple[str, ...] = ()

    @property
    def ways(self) -> tuple[str, ...]:
        """How people are found by it, as it is said: `email`, `phone#last4`; none where nobody is."""
        whole = self.identifies is not None or "exact" in self.find_by
        return (*[self.name] * whole, *(f"{self.name}#{how}" for how in self.find_by if how != "exact"))


class Life(Part, frozen=True):
    """One basis map with one keep, and the purposes that have it."""

    basis: dict[str, BasisWord]
    keep: Keep
    purposes: tuple[str, ...]


class Compartment(Part, frozen=True):
    """The unit of sealing and ending: (class, set of lives).

    Attributes:
        name: canonical text from which the compartment can be rebuilt when the policy no longer has it.
        purposes: union of the names of its lives.
        ends_by: `epoch`: every life counts from the event, so a month of collection ends for everyone at once;
            `person`: some life counts from the last activity, so it ends person by person.
        longest: the longest keep among its lives.
        epoch: length of a collection epoch; days where the longest keep is under 60 days.
    """

    id: int
    name: str
    class_: str
    lives: tuple[Life, ...]
    purposes: tuple[str, ...]
    special: bool
    ends_by: Literal["epoch", "person"]
    longest: Keep
    epoch: Literal["month", "day"]


class Slot(Part, frozen=True):
    """The integer key of a value inside a sealed box: the field and the purposes live when it was collected.

    Attributes:
        special: whether the field was special when the slot was named.
        compartment: number of its compartment; 0 when the slot was rebuilt from its name alone.
    """

    id: int
    name: str
    field: str
    purposes: tuple[str, ...]
    special: bool = False
    compartment: int = 0


class EventPlan(Part, frozen=True):
    """What an event may carry, by field name."""

    id: int
    name: str
    fields: tuple[str, ...]


class Channel(Part, frozen=True):
    """One authenticated way in.

    Attributes:
        assurance_key: kind of key its senders hold; None where the kind's own signature decides.
        events: names of the events it may send.
        map: field -> dotted source path, tried before what the kind looks for by itself.
        proves: identifier fields that are `proven` when they come through here.
        country: ISO 3166-1 alpha-2, for phone numbers written without a country code.
        served: whether this build has an adapter for its kind.
        sign: how kind `hmac` is signed; unset elsewhere, so that such a channel has the hash it always had.
        narrows: purposes that an unsubscribe or a complaint closes, which its provider passes on; unset for all that
            can be refused.
    """

    id: int
    name: str
    kind: str
    assurance_key: Literal["public", "secret"] | None = None
    origins: tuple[str, ...] = ()
    stage: Stage = Stage.LIVE
    events: tuple[str, ...] = ()
    map: dict[str, str] = {}
    proves: tuple[str, ...] = ()
    country: str | None = None
    served: bool = False
    sign: Signing | msgspec.UnsetType = msgspec.UNSET
    narrows: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET

    @property
    def closing(self) -> tuple[str, ...]:
        """What `narrows` names; nothing where it is unset."""
        return () if isinstance(self.narrows, msgspec.UnsetType) else self.narrows

    @property
    def pageless(self) -> bool:
        """Whether its key is for pages, and no site is listed whose pages may send with it."""
        return self.assurance_key == "public" and not self.origins


class Recipient(Part, frozen=True):
    """A system or firm outside that may receive named fields for named purposes.

    Attributes:
        review: ISO date after which nothing is sent until the contract was reviewed.
        erase: how an erasure reaches it: `api`, `webhook` or `task`.
        person: how persons are named to it; `pseudonym` dies with the person.
    """

    id: int
    name: str
    kind: str
    role: Literal["internal", "processor", "controller"]
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    url: str | None = None
    path: str | None = None
    region: str | None = None
    safeguard: str | None = None
    contract: str | None = None
    review: str | None = None
    erase: Literal["api", "webhook", "task"] | None = None
    person: Literal["pseudonym", "identifiers"] = "identifiers"
    every: str | None = None
    served: bool = False


class Reveal(Part, frozen=True):
    """What a role must bring to see a class unmasked.

    Attributes:
        reasons: the pick-list; None where any stated reason will do.
        step_up_s: how old the last strong authentication may be, in seconds; None asks for none.
        grant: whether a time-boxed grant by another is needed besides.
    """

    reasons: tuple[str, ...] | None = None
    step_up_s: int | None = None
    grant: bool = False


class Limits(Part, frozen=True):
    """Bounds on how much a holder of a role may look at; `observe` counts without refusing."""

    persons_per_hour: int | None = None
    export: Literal["never", "allowed"] = "never"
    mode: Literal["observe", "enforce"] = "enforce"


class Ceiling(Part, frozen=True):
    """Of how many people an hour the whole house opens a class; `observe` counts without refusing."""

    persons_per_hour: int
    mode: Literal["observe", "enforce"] = "enforce"


class Role(Part, frozen=True):
    """What a kind of staff may do. `see` and `reveal` hold real classes only: `*` has been spelled out."""

    name: str
    for_: tuple[str, ...] = ()
    see: dict[str, Literal["aggregate", "masked", "full"]] = {}
    reveal: dict[str, Reveal] = {}
    check: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    limits: Limits | None = None
    training: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


class Course(Part, frozen=True):
    """How often a course is due again and how long after assignment it may be outstanding; both in days."""

    name: str
    every_days: int
    grace_days: int = 0


class Separate(Part, frozen=True):
    """Roles no one holds together and steps no one takes both of."""

    roles: tuple[tuple[str, ...], ...] = ()
    steps: tuple[tuple[str, ...], ...] = ()


class Controller(Part, frozen=True):
    """Who answers for the data. One house has one controller."""

    name: str
    contact: str
    regulations: tuple[str, ...] = ()
    country: str | None = None


Table = dict[str, dict[str, dict[str, dict[Mode, int]]]]
"""role -> purpose -> class -> mode -> guards as bits. What is not there is denied."""


class Policy(Part, frozen=True):
    """A whole compiled policy.

    Attributes:
        hash: SHA-256 of the canonical form (everything here but `hash` and `kinds`).
        purposes: in alphabetical order; a purpose's bit is its position.
        fields: by name, like the other mappings.
        roles, table: in the order of `role_order`, which is the document's: the first that may is who acts.
        slots: every slot of this policy, in the order of their numbers.
        ceilings: by class; unset where there are none, so that such a policy has the hash it always had.
        identifiers: blind-index kinds: `email` for a field that identifies, `phone#last4` for a look-up.
        kinds: what this build knows of the wire formats of the served channels.
    """

    hash: bytes
    controller: Controller
    purposes: tuple[Purpose, ...]
    classes: dict[str, int]
    fields: dict[str, Field]
    compartments: tuple[Compartment, ...]
    slots: tuple[Slot, ...]
    identifiers: dict[str, int]
    events: dict[str, EventPlan]
    channels: dict[str, Channel]
    recipients: dict[str, Recipient]
    roles: dict[str, Role]
    role_order: tuple[str, ...]
    region_from: tuple[str, ...]
    region_unknown: str
    consent_absent: Literal["denied"]
    consent_names: dict[str, str]
    training: dict[str, Course]
    separate: Separate
    table: Table
    kinds: dict[str, Kind] = {}
    ceilings: dict[str, Ceiling] | msgspec.UnsetType = msgspec.UNSET


_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
_DECODER = msgspec.msgpack.Decoder(Policy)


def encode_policy(policy: Policy) -> bytes:
    """The policy as deterministic msgpack: equal policies give equal bytes in every process."""
    return _ENCODER.encode(policy)


def decode_policy(raw: bytes) -> Policy:
    """The policy behind `encode_policy`'s bytes.

    Raises:
        msgspec.ValidationError: the bytes are not a policy of this build's shape.
    """
    policy = _DECODER.decode(raw)
    roles = {name: policy.roles[name] for name in policy.role_order}
    return msgspec.structs.replace(policy, roles=roles, table={name: policy.table[name] for name in roles})
