"""Suppressions: an identifier is not collected again for some purposes; whoever has it has refused them."""

from __future__ import annotations

from contextlib import suppress as suppress_errors
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.blindindex import suppression_tag
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.authority import checked, checked_bound, signed
from lockhouse.gates.ending.person import waiting_owners
from lockhouse.gates.facts import SUPPRESSION, facts_of_persons, pointer_of
from lockhouse.gates.recorded import alive, record, word_of
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.told import LATE, consent_draft, suppression_draft, take_away, tell, untold
from lockhouse.gates.typed import pointing
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Consent, Identifier, KeyRing, Limbo, Suppression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House

TRIES = 5


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
    live, place = house.live(), suppression_place(house, field, value)
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
    for person in set(await holders_of(house, field, value)) - holders:  # who came before every process knew
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
        holders = await holders_of(house, field, value)
        place = _place(house, field, value)
        waiting, now = (await waiting_owners(house, [place])).get(place, []), house.clock.now_ms()
        words = [
            word_of(house, person, purpose, at=now, granted=False, signal=SUPPRESSION, notice=pointer)
            for person in (*holders, *(person for person, _ in waiting))
            for purpose in shut
        ]
        puts = (Put(Suppression.TABLE, row), *(Put(Consent.TABLE, word) for word in words))
        expects = (_unmoved(row, was), *map(alive, holders), *(still for _, still in waiting))
        answer = await house.commits.commit(Change("identity", puts=puts, expects=expects))
        if not isinstance(answer, Conflict):
            return [word for word in words if word.person in holders]
        if answer.table not in {KeyRing.TABLE, Limbo.TABLE}:
            break
    raise _moved()


async def holders_of(house: House, field: str, value: str) -> list[bytes]:
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
    place = suppression_place(house, field, value)
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


def suppression_place(house: House, field: str, value: str) -> tuple[int, bytes]:
    """Where the suppression of an identifier lies: its kind, and its tag under the suppressions' own branch.

    Raises:
        Invalid: the field identifies nobody, or the value has no usable form.
    """
    live = house.live()
    declared = live.policy.fields.get(field)
    if declared is None or declared.identifies is None:
        known = ", ".join(name for name, one in live.policy.fields.items() if one.identifies is not None)
        raise Invalid("identifier", f"a field that identifies: {known}", got="another")
    kind, plain = live.kind(field), pointing(live, field, value)
    return kind.number, suppression_tag(house.suppression_key, house.id, kind.number, plain, NORM_VERSION)
