"""Find and show persons: every look goes through the disclose gate and is noted before it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.gates.authority import checked_bound
from lockhouse.gates.corrections import led_to
from lockhouse.gates.disclose import Records, View, disclose, note_nobody, note_nothing, out_of_room, with_room
from lockhouse.gates.lookups import Pointed, Sought, lookup_tag, seek
from lockhouse.gates.pace import Footing
from lockhouse.gates.typed import pointing
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.model.decision import Actor, Ask, Facts
from lockhouse.model.rows import Identifier, Lookup
from lockhouse.model.scale import Belief
from lockhouse.policy.decide import listed_reasons, not_by, plain_reason
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Action, Wanted

FOUND_LIMIT = 20
CANDIDATES = 500
"""Persons opened for a look-up whose tag several share: √100,000 coincide by plan, and those who do are not shown."""


async def ask_of(  # noqa: PLR0913  (a whole question)
    house: House, actor: Actor, *, action: Action, purpose: str | None, mode: Wanted = "full",
    reason: str | None = None, fields: tuple[str, ...] | None = None,
) -> Ask:  # fmt: skip
    """The question of an actor with everything that is known of them now.

    A role with one purpose is never asked for it; one with several must say which.

    Raises:
        Invalid: the actor's role has several purposes and none was named, or it lists its reasons and this is none.
    """
    chosen = purpose or _only_purpose(house, actor)
    _require_listed(house, actor, reason)
    facts: Facts = await house.actor_facts.of(actor)
    return Ask(actor=actor, action=action, purpose=chosen, facts=facts, mode=mode, reason=reason, fields=fields)


def _require_listed(house: House, actor: Actor, reason: str | None) -> None:
    policy = house.live().policy
    listed = listed_reasons(policy, actor)
    reveals = [one for name in actor.roles if name in policy.roles for one in policy.roles[name].reveal.values()]
    if reason is None or not listed or any(one.reasons is None for one in reveals):
        return
    if plain_reason(reason) not in {plain_reason(word) for word in listed}:
        raise Invalid("reason", f"one of {', '.join(listed)}", got="another", hint="say it as 'WORD' or 'WORD: ticket'")


def _only_purpose(house: House, actor: Actor) -> str:
    roles = house.live().policy.roles
    purposes = sorted({name for role in actor.roles if role in roles for name in roles[role].for_})
    if len(purposes) == 1:
        return purposes[0]
    if not purposes:
        return "none"
    raise Invalid("purpose", f"one of {', '.join(purposes)}", got="none", hint="say --for PURPOSE")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a look-up found.

    Attributes:
        persons: as they were shown, the most believed first: at most twenty.
        more: whether there are others, believed less or, among equals, known for longer.
        ways: source person -> the way that led to them, where it was recognised and not named.
    """

    persons: list[View]
    more: bool = False
    ways: Mapping[bytes, str] = {}


async def find(house: House, ask: Ask, *, by: str, value: str) -> Found:
    """Persons with this identifier or look-up, masked, each noted; at most twenty. Who has ended is not found.

    First come those whose record with it is believed most, then the newest: whoever sends many with a public key hides
    nobody. Several share a truncated look-up: each of them is opened and noted, and shown only if an opened value is
    the one that was sought. Nobody finds by a field that they may not see for the purpose, at least masked.

    Args:
        by: a field that identifies (`email`) or a way to find (`order_id`, `phone#last4`, `name#surname`).

    Raises:
        Invalid: the policy has no such way to find, or the value has no usable form.
        Refused: the actor may not see that field for the purpose, or has looked up as many people as
            they may this hour; that is noted, and says nothing of who is known.
    """
    await Footing.of(house)  # before it can be told who is known
    ask = await with_room(house, ask)
    await _require_seen(house, ask, by)
    persons, sought, pointed = await _owners(house, by, value)
    if not persons:
        await note_nobody(house, ask)
    shared = sought if sought is not None and sought.is_shared else None
    by_ = {} if pointed is None else dict.fromkeys(persons, pointed)
    return await _shown(house, ask, persons, Records(sought=shared, by=by_))


async def recognise(house: House, ask: Ask, *, value: str) -> Found:
    """The same by whichever identifier or whole look-up the value may be: one look, noted and counted once.

    What reads as an e-mail address is sought as one alone: whoever sends with a public key could put somebody's address
    into a field that takes any text. Each way is one that the actor may find by.

    Raises:
        Invalid: there is no way for which the value has a usable form.
        Refused: as of `find`.
    """
    await Footing.of(house)
    ask = await with_room(house, ask)
    ways = whole_ways(house, ask)
    if not ways:
        entry = await note_nothing(house, ask)
        raise Refused(
            f"find: expected a role that may see what people are found by, got another; noted as {entry.hex()}",
            reasons=("class-not-seen",), hint=SENTENCES["class-not-seen"],
        )  # fmt: skip
    found, by = await _recognised(house, ways, value)
    if not found:
        await note_nobody(house, ask)
    return msgspec.structs.replace(await _shown(house, ask, list(found), Records(by=by)), ways=found)


def whole_ways(house: House, ask: Ask) -> list[str]:
    """The fields by whose whole value the actor may find for this purpose, an e-mail address first."""
    policy = house.live().policy
    names = [name for name, field in policy.fields.items() if name in field.ways and not not_by(policy, ask, name)]
    return sorted(names, key=lambda name: policy.fields[name].type != "email")


async def _recognised(
    house: House, ways: Sequence[str], value: str
) -> tuple[dict[bytes, str], dict[bytes, Pointed]]:  # fmt: skip
    """Source person -> the field that led to them, those of the first field first; and the identifier, if it is one."""
    found, by, fits = dict[bytes, str](), dict[bytes, Pointed](), False
    for name in ways:
        field = house.live().policy.fields[name]
        with suppress(Invalid):
            persons, _, pointed = await _owners(house, name if field.identifies else f"{name}#exact", value)
            by |= {} if pointed is None else {person: pointed for person in persons if person not in found}
            found |= {person: name for person in persons if person not in found}
            fits = True
        if fits and field.type == "email":
            break
    if not fits:
        raise Invalid("find", f"a usable {' or '.join(ways)}", got="a value that is none of them")
    return found, by


async def _shown(house: House, ask: Ask, persons: list[bytes], records: Records) -> Found:
    looked = persons[: FOUND_LIMIT if records.sought is None else CANDIDATES]
    views = [view async for view in disclose(house, ask, _each(looked), records=records)]
    place = {person: at for at, person in enumerate(looked)}
    living = [view for view in views if not set(view.refused) & {"being-erased", "erased", "quota"}]
    living.sort(key=lambda view: min(place.get(person, len(place)) for person in view.persons))
    beyond = [view for view in views if "quota" in view.refused]
    if beyond and beyond[0].spent is not None and not living:  # another look took the last place meanwhile
        raise out_of_room(ask, beyond[0].spent, beyond[0].entry)
    more = len(persons) > len(looked) or len(living) > FOUND_LIMIT or bool(beyond)
    return Found(persons=living[:FOUND_LIMIT], more=more)


async def _require_seen(house: House, ask: Ask, by: str) -> None:
    policy, name = house.live().policy, by.partition("#")[0]
    declared = policy.fields.get(name)
    if declared is None or not declared.ways:
        ways = [way for field in policy.fields.values() for way in field.ways]
        raise Invalid("find by", f"one of {', '.join(ways)}", got="another")
    reasons = not_by(policy, ask, name)
    if reasons:
        entry = await note_nothing(house, ask)
        raise Refused(
            f"find by: expected a field that may be seen for {ask.purpose}, got another; noted as "
            f"{entry.hex()}",
            reasons=reasons, hint=" ".join(SENTENCES.get(code, code) for code in reasons),
        )  # fmt: skip


async def nothing(house: House, ask: Ask) -> bytes:
    """A look that may see nobody is noted all the same; the entry's id."""
    return await note_nothing(house, ask)


async def _owners(house: House, by: str, value: str) -> tuple[list[bytes], Sought | None, Pointed | None]:
    """Whom a blind index leads to, or a correction of theirs; and what was sought: a look-up, or an identifier."""
    live = house.live()
    name, _, how = by.partition("#")
    declared = live.policy.fields[name]
    if declared.identifies is not None and how in {"", "exact"}:
        kind, plain = live.kind(name), pointing(live, name, value)
        tag = house.indexer.tag(kind.number, kind.generation, plain, norm=NORM_VERSION)
        found = await house.reads.find(Identifier, ("kind", "generation", "tag"), [(kind.number, kind.generation, tag)])
        rows = checked_bound(found, house.row_macs)
        owners = [row.person for row in sorted(rows, key=lambda row: -row.proof)]
        owners += await led_to(house, (kind.number, kind.generation, tag), declared.id)
        return list(dict.fromkeys(owners)), None, Pointed(field=name, plain=plain)
    sought = seek(live, name, how or declared.find_by[0], value) if how in {"", *declared.find_by} else None
    place = None if sought is None else lookup_tag(house, live, sought)
    if place is None:
        raise Invalid("find by", f"{name} by {' or '.join(declared.find_by)}", got="another way or an empty value")
    most = len(Belief) * (CANDIDATES + 1)  # a person has a row for each belief at most
    pointers = await house.reads.find(Lookup, ("kind", "generation", "tag"), [place], limit=most)
    pointers.sort(key=lambda row: row.person, reverse=True)
    pointers.sort(key=lambda row: row.doubt)
    return list(dict.fromkeys(row.person for row in pointers)), sought, None


async def show(house: House, ask: Ask, person: bytes, *, records: Records | None = None) -> View:
    """One canonical person, as this actor may see them.

    Raises:
        NotFound: there is no such person.
    """
    async for view in disclose(house, ask, _each([person]), records=records):
        return view
    raise NotFound("person: expected an id that `person find` gave")


async def reveal(house: House, ask: Ask, person: bytes) -> View:
    """The same, unmasked as far as the actor's role, reason and standing allow."""
    return await show(house, msgspec.structs.replace(ask, action="reveal", mode="full"), person)


async def _each(persons: Iterable[bytes]) -> AsyncIterator[bytes]:
    for person in persons:
        yield person
