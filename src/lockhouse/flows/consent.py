"""Record and show what a person said; add, list and lift suppressions."""

from __future__ import annotations

from contextlib import suppress as suppress_errors
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.blindindex import suppression_tag
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.gates.authority import checked, checked_bound, signed
from lockhouse.gates.disclose.said import note_words, require_other
from lockhouse.gates.ending.person import waiting_owners
from lockhouse.gates.facts import STAFF, SUPPRESSION, facts_of_persons, in_turn, pointer_of
from lockhouse.gates.read_shut import require_readable
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.told import LATE, consent_draft, suppression_draft, take_away, tell, untold
from lockhouse.gates.typed import pointing
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Consent, Identifier, KeyRing, Limbo, Person, Suppression
from lockhouse.model.scale import Assurance, ConsentState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.house import House, PersonFacts
    from lockhouse.model.decision import Actor

RING_MOVED = "ring-moved"
TRIES = 5


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person said, as it is shown; or that they bought something, which makes them a customer."""

    purpose: str
    granted: bool
    customer: bool
    at: int
    channel: str
    signal: str
    assurance: int


async def record(  # noqa: PLR0913  (what a word is made of)
    house: House, person: bytes, purpose: str, *, granted: bool, by: str | None = None, signal: str = STAFF,
    notice: str | None = None,
) -> Consent:  # fmt: skip
    """The person's word on a purpose stands, in every process: what decides reads it from now on.

    The entry names who recorded it (`by`), unless it follows from a suppression. If the process is cut off before that
    is told, the daily round tells of the word, and does not know of whom it came.

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
    asked_at = house.clock.now_ms()
    facts = await living(house, person)
    if granted and purpose in facts.objected:
        raise Refused(
            "consent: expected a purpose that no suppression closes, got one", reasons=("suppressed",),
            hint="lockhouse suppression remove KIND lifts it; then record what they say",
        )  # fmt: skip
    # A yes is no newer than the look that allowed it: what a suppression has refused since stays the last word.
    at = asked_at if granted else house.clock.now_ms()
    row = _word(house, person, found.id, at=at, granted=granted, signal=signal, notice=notice)
    change = Change("identity", puts=(Put(Consent.TABLE, row),), expects=(_alive(person),))
    if isinstance(await house.commits.commit(change), Conflict):
        raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
    await tell(house, [person], [consent_draft(house, row, by=by)])
    return row


async def living(house: House, person: bytes) -> PersonFacts:
    """What is known of a person, who lives and is not about to end.

    Raises:
        NotFound: no such person, or they have ended.
    """
    facts = (await facts_of_persons(house, [person], fresh=True)).get(person)
    await admit_rings(house, {person})
    if facts is None or facts.ending or house.keyring.version_of(person) is None:
        raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
    return facts


def _word(  # noqa: PLR0913  (what a word is made of)
    house: House, person: bytes, purpose: int, *, at: int, granted: bool, signal: str, notice: str | None
) -> Consent:
    state = ConsentState.GRANTED if granted else ConsentState.DENIED
    row = Consent(
        person, purpose, at, house.ids.new(), state, 0, signal, Assurance.SECRET, notice,
        house.ids.new(), b"",
    )  # fmt: skip
    return signed(row, house.integrity_key)


def _alive(person: bytes) -> Expect:
    return Expect(KeyRing.TABLE, (person,), {"person": person}, or_absent=False, because=RING_MOVED)


async def look(
    house: House, person: bytes, *, actor: Actor, own: Collection[bytes] = ()
) -> tuple[bytes, list[Word]]:  # fmt: skip
    """Everything the person said, and the entry that noted, before it was read, who looked.

    Args:
        own: the source persons whom the actor is, as far as anybody said so.

    Raises:
        Refused: it is the actor's own record; that is noted.
        NotFound, Tampered, Unavailable: as `show`; or the ledger cannot be written.
    """
    require_readable(house)
    if not await house.reads.get(Person, [(person,)]):
        raise _nobody()
    await admit_rings(house, {person})
    await require_other(house, person, actor=actor, own=own)
    entry = await note_words(house, person, actor=actor)
    return entry, await show(house, person)


def _nobody() -> NotFound:
    return NotFound("person: expected an id that `person find` gave", hint="lockhouse person find KIND looks one up")


async def show(house: House, person: bytes) -> list[Word]:
    """Everything the person said, and what made them a customer, oldest first, of one moment a no last.

    Raises:
        NotFound: no such person.
        Tampered: a row was not made by this house.
        Unavailable: the house is shut for reading.
    """
    require_readable(house)
    if not await house.reads.get(Person, [(person,)]):
        raise _nobody()
    names = house.live().names
    rows = checked(await house.reads.find(Consent, ("person",), [(person,)]), house.integrity_key)
    return [
        Word(
            purpose=names.name("purpose", row.purpose) or f"#{row.purpose}",
            granted=row.state == ConsentState.GRANTED,
            customer=row.state == ConsentState.CUSTOMER,
            at=row.at,
            channel=names.name("channel", row.channel) or "staff",
            signal=row.signal,
            assurance=row.assurance,
        )
        for row in sorted(rows, key=in_turn)
        if row.state < ConsentState.TAKEN_BACK or row.state == ConsentState.CUSTOMER
    ]  # fmt: skip


async def suppress(  # noqa: PLR0913  (what a suppression is made of)
    house: House, field: str, value: str, *, purposes: Sequence[str], reason: str, by: str
) -> Suppression:
    """This identifier is not collected again for these purposes; none named closes every purpose that may be closed.

    Contract and legal duty stay open whatever is named: a shop must be able to fulfil the next order. What was closed
    before stays closed: only `lift` opens. Whoever has the identifier now counts as having refused, so that what is
    held already is not used either.

    The suppression and these refusals become durable together, and are in force in every process before the ledger
    tells of them. If that is cut off, the daily round tells.

    Raises:
        Invalid: the field identifies nobody, the value has no usable form, or a purpose is none that may be closed.
        Moved: another process changed it meanwhile, or those who have the identifier keep ending; nothing is closed.
    """
    live, place = house.live(), _suppression_place(house, field, value)
    closable = [one for one in live.policy.purposes if one.refusable]
    if not set(purposes) <= {one.name for one in closable}:
        raise Invalid(
            "purposes", f"such as a person can refuse: {', '.join(one.name for one in closable)}", got="another"
        )
    before = await _as_read(house, place)
    numbers = sorted(live.names.number("purpose", name) for name in purposes)
    for one in before:
        closed = msgspec.msgpack.decode(one.purposes)
        if one.until_at is None:
            numbers = sorted({*numbers, *closed}) if numbers and closed else []
    row = signed(
        Suppression(*place, msgspec.msgpack.encode(numbers), reason, house.clock.now_ms(), None, house.ids.new(), b""),
        house.integrity_key,
    )
    shut = [one.id for one in closable if not numbers or one.id in numbers]
    words = await _close(house, row, was=before, field=field, value=value, shut=shut)
    told = [suppression_draft(house, row, by=by), *(consent_draft(house, word) for word in words)]
    await house.epochs.announce(key=True)
    holders = {word.person for word in words}
    await tell(house, holders, told)
    names = [one.name for one in closable if one.id in shut]
    for person in set(await _holders(house, field, value)) - holders:  # who came before every process knew
        for name in names:
            with suppress_errors(NotFound):  # they ended meanwhile
                await record(house, person, name, granted=False, signal=SUPPRESSION, notice=pointer_of(*place))
    return row


async def _close(  # noqa: PLR0913  (a suppression, whom it is of and what it closes)
    house: House, row: Suppression, *, was: Sequence[Suppression], field: str, value: str, shut: Sequence[int]
) -> list[Consent]:
    """The suppression stands, and whoever has its identifier, however far that is believed, has refused; their words.

    So has whoever had it and is shut by a request: it may be called off. Of them the ledger is told then.

    Raises:
        Moved: see `suppress`.
    """
    pointer = pointer_of(row.kind, row.tag)
    for _ in range(TRIES):
        holders = await _holders(house, field, value)
        place = _place(house, field, value)
        waiting, now = (await waiting_owners(house, [place])).get(place, []), house.clock.now_ms()
        words = [
            _word(house, person, purpose, at=now, granted=False, signal=SUPPRESSION, notice=pointer)
            for person in (*holders, *(person for person, _ in waiting))
            for purpose in shut
        ]
        puts = (Put(Suppression.TABLE, row), *(Put(Consent.TABLE, word) for word in words))
        expects = (_unmoved(row, was), *map(_alive, holders), *(still for _, still in waiting))
        answer = await house.commits.commit(Change("identity", puts=puts, expects=expects))
        if not isinstance(answer, Conflict):
            return [word for word in words if word.person in holders]
        if answer.table not in {KeyRing.TABLE, Limbo.TABLE}:
            break
    raise _moved()


async def _holders(house: House, field: str, value: str) -> list[bytes]:
    """The living persons who have this identifier, however far that is believed, their rings in the keyring."""
    rows = await house.reads.find(Identifier, ("kind", "generation", "tag"), [_place(house, field, value)])
    persons = {row.person for row in checked_bound(rows, house.row_macs)}
    facts = await facts_of_persons(house, persons, fresh=True)
    living = [person for person in sorted(persons) if person in facts and not facts[person].ending]
    await admit_rings(house, living)
    return [person for person in living if house.keyring.version_of(person) is not None]


def _place(house: House, field: str, value: str) -> tuple[int, int, bytes]:
    """The blind index of an identifier."""
    kind, plain = house.live().kind(field), pointing(house.live(), field, value)
    return kind.number, kind.generation, house.indexer.tag(kind.number, kind.generation, plain, norm=NORM_VERSION)


async def _as_read(house: House, place: tuple[int, bytes]) -> list[Suppression]:
    """The suppression of this place, if there is one or was a moment ago; the ledger tells of it.

    Whoever made or lifted it may have been cut off, and what follows writes over its row.
    """
    found = checked((await house.reads.get(Suppression, [place])).values(), house.integrity_key)
    for row in await untold(house, found):
        await tell(house, [], [suppression_draft(house, row, by=LATE)])
    return found


def _unmoved(row: Suppression, was: Sequence[Suppression]) -> Expect:
    values = {"mac": was[0].mac} if was else None
    return Expect(Suppression.TABLE, (row.kind, row.tag), values, or_absent=False, because="suppression-moved")


def _moved() -> Moved:
    return Moved("suppression: expected it as it was read", hint="try again")


async def lift(house: House, field: str, value: str, *, reason: str, by: str) -> None:
    """The suppression of this identifier is gone, and the ledger says who lifted it and why.

    Whoever came with the identifier has still refused, and can say yes again. It stands as ended until the ledger has
    told of it; if that is cut off, the daily round tells and takes it away.

    Raises:
        NotFound: it was not suppressed.
        Moved: another process changed it meanwhile; nothing was lifted.
    """
    place = _suppression_place(house, field, value)
    found = await _as_read(house, place)
    if not found or found[0].until_at is not None:
        raise NotFound("suppression: expected one of this identifier", hint="lockhouse suppression list")
    ended = msgspec.structs.replace(
        found[0], reason=reason, until_at=house.clock.now_ms(), entry=house.ids.new(), mac=b""
    )
    ended = signed(ended, house.integrity_key)
    change = Change("identity", puts=(Put(Suppression.TABLE, ended),), expects=(_unmoved(ended, found),))
    if isinstance(await house.commits.commit(change), Conflict):
        raise _moved()
    await tell(house, [], [suppression_draft(house, ended, by=by)])
    await take_away(house, ended)
    await house.epochs.announce(key=True)


async def require_other_holder(
    house: House, field: str, value: str, *, actor: Actor, own: Collection[bytes]
) -> None:  # fmt: skip
    """Return only if nobody who has this identifier is the actor: nobody lifts what closes their own record.

    Args:
        own: the source persons whom the actor is, as far as anybody said so.

    Raises:
        Refused: it is the actor's own; that is noted.
        Invalid: the field identifies nobody, or the value has no usable form.
    """
    _suppression_place(house, field, value)
    if own:
        await require_other(house, *await _holders(house, field, value), actor=actor, own=own, action="lift")


async def suppressions(house: House) -> list[Suppression]:
    """Every suppression that stands; the identifiers behind them cannot be listed, only asked for.

    Raises:
        Tampered: a row was not made by this house.
    """
    rows: list[Suppression] = []
    async for chunk in house.reads.scan(Suppression):
        rows.extend(row for row in checked(chunk, house.integrity_key) if row.until_at is None)
    return sorted(rows, key=lambda row: row.since)


def _suppression_place(house: House, field: str, value: str) -> tuple[int, bytes]:
    live = house.live()
    declared = live.policy.fields.get(field)
    if declared is None or declared.identifies is None:
        known = ", ".join(name for name, one in live.policy.fields.items() if one.identifies is not None)
        raise Invalid("identifier", f"a field that identifies: {known}", got="another")
    kind, plain = live.kind(field), pointing(live, field, value)
    return kind.number, suppression_tag(house.suppression_key, house.id, kind.number, plain, NORM_VERSION)
