"""What is asked of the policy and what it answers: Facts, Ask, Decision; pure values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from lockhouse.model.scale import PersonState

ActorKind = Literal["staff", "service", "token", "os-user"]
"""A `service` is a worker of the house's own; a `token` is another system, in the role of its token."""
Action = Literal["find", "show", "reveal", "timeline", "send", "package", "count", "check", "change"]
Wanted = Literal["masked", "full", "aggregate"]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: a human, a machine, or the operating system's user of a house without staff.

    Attributes:
        id: random id, never a name or an address.
        roles: names in the policy; roles unite.
        shown: what colleagues read beside the id.
        owner: the actor who answers for a service or a token, and to whom its looks count; empty for oneself.
    """

    id: str
    kind: ActorKind
    roles: tuple[str, ...] = ()
    shown: str = ""
    owner: str = ""


class PersonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when an event arrives, to tell which purposes are live for it.

    Attributes:
        region: lower-case ISO 3166 code (`de`, `us-ca`), or None when unknown.
        regions: where evidence differs, all that it says, and `region` is None: the rules of each must be met.
        consents: the person's stored word by purpose name; a purpose without an entry was never asked.
        event_consents: the event's own consent object, already mapped to purposes; None when it carries none.
        signals: narrowing signals: `gpc`.
        suppressed: names of purposes closed by a suppression.
        objected: names of purposes the person objected to.
        customer: purposes whose soft opt-in an existing customer relation supports (ePrivacy Directive Art. 13(2)).
    """

    region: str | None = None
    regions: frozenset[str] = frozenset()
    consents: Mapping[str, bool] = {}
    event_consents: Mapping[str, bool] | None = None
    signals: frozenset[str] = frozenset()
    state: PersonState = PersonState.NONE
    suppressed: frozenset[str] = frozenset()
    objected: frozenset[str] = frozenset()
    customer: frozenset[str] = frozenset()


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Extra access that a colleague approved, in force now: for one purpose, of these fields.

    Attributes:
        id: hexadecimal, as the ledger names it.
        persons: the source persons whom it names; empty: it names nobody, and is for whomever the case is about.
    """

    id: str
    purpose: str
    fields: frozenset[str]
    persons: frozenset[bytes] = frozenset()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a read decision depends on besides the policy, each from its own port.

    Attributes:
        training: courses the actor holds in force.
        state: what stands against the person's data.
        consents: the person's stored word by purpose name.
        suppressed: purposes closed by a suppression.
        objected: purposes the person objected to.
        region: the person's region, or None when unknown. `regions`: see `PersonFacts`.
        grant: the name of a case for which an admin vouched that extra access was agreed to, or None.
        grants: those of the actor's that are in force, whatever they are for; each stands for itself.
        persons: the source persons who are looked at; the gate fills them in.
        step_up_age_s: seconds since the last strong authentication, or None when there was none.
        network: the actor's address or network, or None when unknown.
        limit: how many people an hour somebody recorded for the actor, in place of what their role says.
        quota_left: persons left in the actor's hour, or None when nobody counted; the gate fills it in.
        own_record: the actor is the person.
        own: the source persons whom the actor is, as far as anybody said so; the gate makes `own_record` of it.
        colleague: the person is another member of staff. `flagged`: somebody said that they are watched over.
        today: ISO date, for reviews of recipients.
        hour: of the day, 0 to 23, UTC. No condition of a policy asks for it yet; it is carried like the others.
        customer: see `PersonFacts`.
    """

    training: frozenset[str] = frozenset()
    state: PersonState = PersonState.NONE
    consents: Mapping[str, bool] = {}
    suppressed: frozenset[str] = frozenset()
    objected: frozenset[str] = frozenset()
    region: str | None = None
    regions: frozenset[str] = frozenset()
    grant: str | None = None
    grants: tuple[Grant, ...] = ()
    persons: frozenset[bytes] = frozenset()
    step_up_age_s: int | None = None
    network: str | None = None
    limit: int | None = None
    quota_left: int | None = None
    own_record: bool = False
    own: frozenset[bytes] = frozenset()
    colleague: bool = False
    flagged: bool = False
    today: str | None = None
    hour: int | None = None
    customer: frozenset[str] = frozenset()


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One question: may this actor do this with these fields, for this purpose?

    Attributes:
        fields: names, or None for all declared fields.
        mode: the most that is wanted. `full` answers each field with the best the actor may have
            (open, else masked); `masked` never opens; `aggregate` asks for counts only.
        reason: the stated reason, `word` or `word: ticket`.
        recipient: name, for `send`.
        lent: the most that a grant gives. `masked` for whoever has not proven that they mean this very look: what a
            grant opens is more than their role shows them, so a session alone does not show it.
    """

    actor: Actor
    action: Action
    purpose: str
    facts: Facts
    fields: tuple[str, ...] | None = None
    mode: Wanted = "full"
    reason: str | None = None
    recipient: str | None = None
    lent: Literal["full", "masked"] = "full"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, field by field. The three sets are disjoint and together are the fields asked for.

    Attributes:
        because: field -> reason codes, for every field that is not open.
        conditions: field -> what the actor could bring to get more (`step-up`, `reason`, …).
        grants: field -> the grant that it is open or masked by, and would not be without.
    """

    open: frozenset[str]
    masked: frozenset[str]
    shut: frozenset[str]
    because: Mapping[str, tuple[str, ...]] = {}
    conditions: Mapping[str, tuple[str, ...]] = {}
    grants: Mapping[str, str] = {}


class SlotTimes(msgspec.Struct, frozen=True, kw_only=True):
    """When a sealed value came and what time it is; ms since 1970, UTC.

    Attributes:
        sealed_class: the class of the compartment the value was sealed in, when the caller knows it; of a value in
            clear, that of its field when it was stored.
        sealed_type: the type of its field when it was stored, as `policy.reopen.type_of` tells it, when it is known.
    """

    occurred_at: int
    received_at: int
    last_activity: int
    now: int
    sealed_class: str | None = None
    sealed_type: str | None = None
