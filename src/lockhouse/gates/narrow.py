"""What providers pass on of customers narrows at once: an unsubscribe, a complaint, a request to be erased.

It is heard before its event is decided, so that the event itself is decided by it, and whatever the policy keeps of the
event. An *unsubscribe* is a no of whoever has the address, from when it was said: a later yes of theirs opens again. A
*complaint* that is signed suppresses the address for the same purposes, until staff lift that (GDPR Art. 21(3)); where
the body is not signed it is heard as an unsubscribe, which a yes undoes: what somebody else could have typed must not
outlast what the customer says. A request for *erasure* suppresses its identifiers for all that can be refused.

A delivery that came before says nothing anew. What is heard twice nevertheless, after a crash between the two stores,
finds itself said already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, Unavailable
from lockhouse.gates.asked import id_of_message, take_in
from lockhouse.gates.facts import PROVIDER, suppressed_by
from lockhouse.gates.hear import hear
from lockhouse.gates.heard import Origin, resolve
from lockhouse.gates.refresh import refresh
from lockhouse.gates.suppressing import holders_of, suppress
from lockhouse.gates.typed import canonical
from lockhouse.model.consents import Statement
from lockhouse.model.event import Event
from lockhouse.model.rows import Receipt
from lockhouse.model.scale import Assurance, Stage
from lockhouse.model.table import Reject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhouse.gates.house import House, LivePolicy
    from lockhouse.model.event import Batch, Demand
    from lockhouse.model.policy import Channel

BY = "service:collect"
REQUESTS = frozenset({"access", "erasure", "shop"})
"""What staff must answer."""
TYPES = frozenset({"email", "phone"})
"""Names in a demand that stand for every field of the type that identifies a person."""


async def narrow(house: House, batch: Batch) -> None:
    """Everything that the batch passes on has narrowed what may be done, durably and in every process.

    Raises:
        Unavailable: a store, the keys or trusted time are away, or persons keep moving; it may be sent again.
    """
    asking = [item for item in batch.items if isinstance(item, Event) and item.demand is not None]
    if not asking:
        return
    await refresh(house)
    live = house.live()
    if not live.takes(batch.channel):
        return
    channel = live.policy.channels[batch.channel]
    for event in await _new(house, batch, asking, channel=channel):
        if event.demand is not None:
            await _one(house, event, event.demand, batch=batch, channel=channel)


async def _new(house: House, batch: Batch, asking: Sequence[Event], *, channel: Channel) -> list[Event]:
    """Those whose message has no receipt yet; of an event without an id nobody can say."""
    tag = house.message_tags.tag
    keys = [(channel.id, tag(event.message_id or "", credential_class=batch.credential)) for event in asking]
    known = await house.reads.get(Receipt, keys)
    return [event for event, key in zip(asking, keys, strict=True) if event.message_id is None or key not in known]


async def _one(house: House, event: Event, demand: Demand, *, batch: Batch, channel: Channel) -> None:
    live = house.live()
    identifiers = list(_identifiers(live, demand))
    if identifiers and demand.what not in {"access", "shop"}:
        await _narrowed(house, event, demand, identifiers=identifiers, batch=batch, channel=channel)
    if demand.what in REQUESTS:
        await _kept(house, event, demand, identifiers=identifiers, channel=channel)


async def _narrowed(  # noqa: PLR0913  (what was asked, whose it is, and where it came from)
    house: House, event: Event, demand: Demand, *, identifiers: Sequence[tuple[str, str]], batch: Batch,
    channel: Channel,
) -> None:  # fmt: skip
    live = house.live()
    refusable = [one.name for one in live.policy.purposes if one.refusable]
    named = [name for name in channel.closing if name in refusable] or refusable
    if demand.what == "erasure":
        await _suppress(house, identifiers, purposes=refusable, reason="erasure-request", whole=True)
    elif demand.what == "complaint" and batch.assurance >= Assurance.SIGNED:
        await _suppress(house, identifiers, purposes=named, reason="complaint")
    else:
        # Only a signature says when it was said; else it counts from when it came, which narrows most.
        signed = batch.assurance >= Assurance.SIGNED
        said = event.occurred_at if demand.at is None else demand.at
        at = min(said, batch.received_at) if signed else batch.received_at
        await _refuse(house, identifiers, purposes=named, at=at, channel=channel, batch=batch)


async def _kept(
    house: House, event: Event, demand: Demand, *, identifiers: Sequence[tuple[str, str]], channel: Channel
) -> None:
    """The request stands for staff to answer, once; with whom it is about as far as anybody here knows."""
    own = id_of_message(house, event.message_id, channel=channel.id)
    persons: set[bytes] = set()
    for field, value in identifiers:
        if canonical(house.live(), field, value) is not None:
            persons.update(await holders_of(house, field, value))
    await take_in(house, own, demand, channel=channel.id, persons=persons, by=BY)


def _identifiers(live: LivePolicy, demand: Demand) -> Iterator[tuple[str, str]]:
    """(field, value) of each identifier of a person that the policy knows; a value of no usable form is left out."""
    for name, value in demand.identifiers:
        for field in live.policy.fields.values():
            if field.identifies == "person" and (field.name == name or (name in TYPES and field.type == name)):
                yield field.name, value


async def _suppress(
    house: House, identifiers: Sequence[tuple[str, str]], *, purposes: Sequence[str], reason: str, whole: bool = False
) -> None:
    """`whole`: what may come to be refusable later is closed, too."""
    for field, value in identifiers:
        try:
            known = canonical(house.live(), field, value)
            [already] = await suppressed_by(house, [[] if known is None else [(field, known)]])
            if set(purposes) <= frozenset().union(*already.closes.values()):
                continue  # said before; staff who lifted it since are not overruled by this delivery's repeat alone
            await suppress(house, field, value, purposes=() if whole else purposes, reason=reason, by=BY)
        except Invalid:  # no form that could be anybody's
            continue
        except Moved as err:
            raise Unavailable("collect: expected the stores to settle", retry_after_s=1.0) from err


async def _refuse(  # noqa: PLR0913  (whose no, on what, from when, through which channel)
    house: House, identifiers: Sequence[tuple[str, str]], *, purposes: Sequence[str], at: int, channel: Channel,
    batch: Batch,
) -> None:  # fmt: skip
    origin = Origin(
        channel=channel.id, assurance=batch.assurance, proves=frozenset(channel.proves), signal=PROVIDER,
        makes=channel.stage != Stage.OBSERVE,
    )  # fmt: skip
    said = [
        Statement(line=0, field=field, value=value, word=purpose, granted=False, at=at)
        for field, value in identifiers
        for purpose in purposes
    ]
    words = [one for one in (resolve(house, origin, word) for word in said) if not isinstance(one, Reject)]
    try:
        await hear(house, origin, words, batch=None)
    except Moved as err:
        raise Unavailable("collect: expected the stores to settle", retry_after_s=1.0) from err
