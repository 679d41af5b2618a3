"""Record and show what a person said; add, list and lift suppressions."""

from __future__ import annotations

from contextlib import suppress as suppress_errors
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.blindindex import suppression_tag
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.gates.authority import checked, checked_bound, digest, signed
from lockhouse.gates.facts import STAFF, SUPPRESSION, facts_of_persons, pointer_of
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.told import consent_draft, tell
from lockhouse.gates.typed import pointing
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.ledger.entry import Suppression as SuppressionEntry
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import Consent, Identifier, KeyRing, Person, Suppression
from lockhouse.model.scale import Assurance, ConsentState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person said, as it is shown."""

    purpose: str
    granted: bool
    at: int
    channel: str
    signal: str
    assurance: int


async def record(  # noqa: PLR0913  (what a word is made of)
    house: House, person: bytes, purpose: str, *, granted: bool, signal: str = STAFF, notice: str | None = None
) -> Consent:
    """The person's word on a purpose stands, in every process: what decides reads it from now on.

    Raises:
        Refused: a yes to what a suppression that stands has closed (`suppressed`).
        NotFound: no such person, or they have ended.
        Invalid: the policy has no such purpose, or it rests on a basis that no word changes.
        Moved: the person's facts keep moving.
    """
    live = house.live()
    found = next((one for one in live.policy.purposes if one.name == purpose), None)
    if found is None or not found.refusable:
        known = ", ".join(one.name for one in live.policy.purposes if one.refusable)
        raise Invalid("purpose", f"one that a person can refuse: {known}", got="another")
    facts = (await facts_of_persons(house, [person], fresh=True)).get(person)
    await admit_rings(house, {person})
    if facts is None or facts.ending or house.keyring.version_of(person) is None:
        raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
    if granted and purpose in facts.objected:
        raise Refused(
            "consent: expected a purpose that no suppression closes, got one", reasons=("suppressed",),
            hint="lockhouse suppression remove KIND lifts it; then record what they say",
        )  # fmt: skip
    entry, now = house.ids.new(), house.clock.now_ms()
    state = ConsentState.GRANTED if granted else ConsentState.DENIED
    row = Consent(person, found.id, now, house.ids.new(), state, 0, signal, Assurance.SECRET, notice, entry, b"")
    row = signed(row, house.integrity_key)
    alive = Expect(KeyRing.TABLE, (person,), {"person": person}, or_absent=False, because="ring-moved")
    stored = await house.commits.commit(Change("identity", puts=(Put(Consent.TABLE, row),), expects=(alive,)))
    if isinstance(stored, Conflict):
        raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
    await tell(house, [person], [consent_draft(house, row)])
    return row


async def show(house: House, person: bytes) -> list[Word]:
    """Everything the person said, oldest first.

    Raises:
        NotFound: no such person.
        Tampered: a row was not made by this house.
    """
    if not await house.reads.get(Person, [(person,)]):
        raise NotFound("person: expected an id that `person find` gave", hint="lockhouse person find KIND looks one up")
    names = house.live().names
    rows = checked(await house.reads.find(Consent, ("person",), [(person,)]), house.integrity_key)
    return [
        Word(
            purpose=names.name("purpose", row.purpose) or f"#{row.purpose}",
            granted=row.state == ConsentState.GRANTED,
            at=row.at,
            channel=names.name("channel", row.channel) or "staff",
            signal=row.signal,
            assurance=row.assurance,
        )
        for row in sorted(rows, key=lambda row: (row.at, row.id))
    ]  # fmt: skip


async def suppress(  # noqa: PLR0913  (what a suppression is made of)
    house: House, field: str, value: str, *, purposes: Sequence[str], reason: str, by: str
) -> Suppression:
    """This identifier is not collected again for these purposes; none named closes every purpose that may be closed.

    Contract and legal duty stay open whatever is named: a shop must be able to fulfil the next order. What was closed
    before stays closed: only `lift` opens. Whoever has the identifier now counts as having refused, so that what is
    held already is not used either.

    Raises:
        Invalid: the field identifies nobody, the value has no usable form, or a purpose is none that may be closed.
    """
    live = house.live()
    kind, tag = _suppression_place(house, field, value)
    closable = [one.name for one in live.policy.purposes if one.refusable]
    if not set(purposes) <= set(closable):
        raise Invalid("purposes", f"such as a person can refuse: {', '.join(closable)}", got="another")
    numbers = sorted(live.names.number("purpose", name) for name in purposes)
    before = checked((await house.reads.get(Suppression, [(kind, tag)])).values(), house.integrity_key)
    for one in before:
        closed = msgspec.msgpack.decode(one.purposes)
        numbers = sorted({*numbers, *closed}) if numbers and closed else []
    entry = house.ids.new()
    row = Suppression(kind, tag, msgspec.msgpack.encode(numbers), reason, house.clock.now_ms(), None, entry, b"")
    row = signed(row, house.integrity_key)
    said = SuppressionEntry(change="made", purposes=numbers, reason=reason, by=by, row=digest(row))
    draft = said.draft(id=entry, lane=house.lane)
    await _swap(house, Change("identity", puts=(Put(Suppression.TABLE, row),)), (kind, tag), was=before)
    await house.commits.commit(Change("record", entries=(draft,)))
    await house.epochs.announce(key=True)
    await _refused(house, field, value, numbers, pointer=pointer_of(kind, tag))
    return row


async def _swap(house: House, change: Change, place: tuple[int, bytes], *, was: Sequence[Suppression]) -> None:
    """The suppression becomes another, or none, if it is still as it was read.

    Raises:
        Moved: another process changed it meanwhile.
    """
    values = {"mac": was[0].mac} if was else None
    expect = Expect(Suppression.TABLE, place, values, or_absent=False, because="suppression-moved")
    if isinstance(await house.commits.commit(msgspec.structs.replace(change, expects=(expect,))), Conflict):
        raise Moved("suppression: expected it as it was read", hint="try again")


async def _refused(house: House, field: str, value: str, numbers: Sequence[int], *, pointer: str) -> None:
    """Whoever has this identifier, however far that is believed, has refused these purposes."""
    live = house.live()
    kind, plain = live.kind(field), pointing(live, field, value)
    tag = house.indexer.tag(kind.number, kind.generation, plain, norm=NORM_VERSION)
    place = (kind.number, kind.generation, tag)
    owners = await house.reads.find(Identifier, ("kind", "generation", "tag"), [place])
    for person in sorted({row.person for row in checked_bound(owners, house.row_macs)}):
        for purpose in live.policy.purposes:
            if purpose.refusable and (not numbers or purpose.id in numbers):
                with suppress_errors(NotFound):  # they ended meanwhile
                    await record(house, person, purpose.name, granted=False, signal=SUPPRESSION, notice=pointer)


async def lift(house: House, field: str, value: str, *, reason: str, by: str) -> None:
    """The suppression of this identifier is gone, and the ledger says who lifted it and why.

    Whoever came with the identifier has still refused, and can say yes again.

    Raises:
        NotFound: it was not suppressed.
        Moved: another process changed it meanwhile; nothing was lifted.
    """
    place = _suppression_place(house, field, value)
    found = checked((await house.reads.get(Suppression, [place])).values(), house.integrity_key)
    if not found:
        raise NotFound("suppression: expected one of this identifier", hint="lockhouse suppression list")
    numbers = msgspec.msgpack.decode(found[0].purposes)
    said = SuppressionEntry(change="ended", purposes=numbers, reason=reason, by=by, row=digest(found[0]))
    draft = said.draft(id=house.ids.new(), lane=house.lane)
    await house.commits.commit(Change("record", entries=(draft,)))
    await _swap(house, Change("identity", deletes=(Delete(Suppression.TABLE, place),)), place, was=found)
    await house.epochs.announce(key=True)


async def suppressions(house: House) -> list[Suppression]:
    """Every suppression; the identifiers behind them cannot be listed, only asked for.

    Raises:
        Tampered: a row was not made by this house.
    """
    rows: list[Suppression] = []
    async for chunk in house.reads.scan(Suppression):
        rows.extend(checked(chunk, house.integrity_key))
    return sorted(rows, key=lambda row: row.since)


def _suppression_place(house: House, field: str, value: str) -> tuple[int, bytes]:
    live = house.live()
    declared = live.policy.fields.get(field)
    if declared is None or declared.identifies is None:
        known = ", ".join(name for name, one in live.policy.fields.items() if one.identifies is not None)
        raise Invalid("identifier", f"a field that identifies: {known}", got="another")
    kind, plain = live.kind(field), pointing(live, field, value)
    return kind.number, suppression_tag(house.suppression_key, house.id, kind.number, plain, NORM_VERSION)
