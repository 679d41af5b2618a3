"""What comes in through a channel, parsed; and what each item of a batch is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from lockhouse.model.scale import Assurance

Outcome = Literal["stored", "trimmed", "observed", "held", "accepted", "duplicate", "refused"]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel kind knows of its own wire format; handed to the policy compiler by the wiring.

    Attributes:
        name: the word of `kind:` in the policy.
        roots: where a field of the same name is looked for, in this order
            (`("properties", "traits", "context.traits")`).
        defaults: field name -> dotted source paths tried before the roots
            (`{"device_id": ("anonymousId",)}`).
        envelope: dotted paths that are the protocol's own and are neither kept nor counted as dropped;
            a path covers everything below it.
        vocabulary: path segments that may be shown by name when dropped; every other segment is shown as `*`,
            because keys can be values.
    """

    name: str
    roots: tuple[str, ...]
    defaults: Mapping[str, tuple[str, ...]]
    envelope: frozenset[str]
    vocabulary: frozenset[str]


Asked = Literal["unsubscribe", "complaint", "access", "erasure", "shop"]
"""What a provider passes on: of a customer no more such mail, that it was unwanted, what is held of them, its end; of a
shop that it left, and what came of it should go."""


class Demand(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a customer asked of a provider for, and whose it is. It narrows, whatever the policy keeps of its event.

    Attributes:
        identifiers: (a field's name or the type `email` or `phone`, value as sent). A type stands for every field of
            it that identifies a person.
        reference: the provider's own id of a request, to answer it by; printable, at most 80 characters. Never an id
            of a person: it is kept in the clear.
        at: when it was said, in ms, where that is not when the event happened.
    """

    what: Asked
    identifiers: tuple[tuple[str, str], ...]
    reference: str = ""
    at: int | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One parsed item of a batch; `source` is the provider's own tree and is never stored.

    Attributes:
        name: the word under `events:` in the policy: `identify`, `page`, `Order Completed`.
        message_id: the sender's id for deduplication, or None when it sent none.
        occurred_at: ms, corrected for clock skew, between 1970 and a day after it was received.
        consent: the banner's words and their answers; None when the event carries no consent object,
            an empty mapping when nothing can be read in it (a no to all that can be refused, for this event).
        signals: narrowing signals seen with it: `gpc`.
        demand: what a provider passes on with it; heard before the event is decided, and once.
    """

    name: str
    message_id: str | None
    occurred_at: int
    source: dict[str, Any]
    consent: Mapping[str, bool] | None = None
    signals: frozenset[str] = frozenset()
    demand: Demand | None = None


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A bad item: refused in its own reply slot, its neighbours unharmed.

    Attributes:
        code: one of the outcome codes, `LH-1xxx`.
        where: a pointer into the item (`/type`), never its value.
        expected: what should stand there.
        message_id: the sender's id of the item, if it can be read; nothing else here was sent.
    """

    code: str
    where: str
    expected: str
    message_id: str | None = None


class Origin(msgspec.Struct, frozen=True):
    """The import that items come with: its batch, and the fence it was begun or resumed under."""

    batch: bytes
    fence: int


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Items of one request of one authenticated sender, or of one import.

    Attributes:
        channel: its name in the policy.
        credential: class of the credential that was shown; message ids are deduplicated within it.
        network: the sender's network (address with the host part cut off) or None; never the full address.
        received_at: ms.
        origin: of rows that are imported; what is stored of them is noted as theirs.
        dated: its items say when they happened; of one that does not, nobody knows what was said or erased since.
        body_bytes: of the request it came in, unpacked; 0 when it came in none.
        late_at: when it comes to the gate, in ms, if it was set aside before; 0 if it comes at once.
    """

    channel: str
    assurance: Assurance
    credential: str
    received_at: int
    items: Sequence[Event | Fault]
    network: str | None = None
    origin: Origin | None = None
    dated: bool = True
    body_bytes: int = 0
    late_at: int = 0


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one item is answered, once it is durable.

    Attributes:
        code: an outcome code (`LH-0000` for plainly stored).
        kept: how many fields were kept.
        dropped: what was not kept, as (path with unknown segments as `*`, reason).
    """

    outcome: Outcome
    code: str
    kept: int = 0
    dropped: tuple[tuple[str, str], ...] = ()
    record: bytes | None = None
