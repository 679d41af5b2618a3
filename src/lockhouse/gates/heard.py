"""Words on consent that a file or a provider brings: whose each is, and whether it may stand. Nothing is stored here.

A word is of whoever has its identifier. Of several the one who is most believed says yes, and all of them say no. Where
nobody has it as far believed as the file is, somebody is made who has it: so that consents may come before profiles,
and a no is remembered of whom nothing else is known.

Every word counts from when it was said, so that the newest wins in whatever order files come; of one moment the no
wins. A yes of a time that has not come is not read: it would count as said now in every new file, and stand above each
no between them. A no of such a time counts from now. A yes makes nobody past a later no of whoever has the identifier.
A yes never counts from a key that anyone can read, nor for what a suppression closes. Whoever was erased since a
word was said is not brought back by it (GDPR Art. 17).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.errors import Invalid
from lockhouse.gates.authority import checked, checked_bound
from lockhouse.gates.facts import IMPORT, Suppressed, facts_of_persons, suppressed_by
from lockhouse.gates.typed import canonical
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.model.rows import Consent, ErasedMark, Identifier
from lockhouse.model.scale import Assurance, Belief, ConsentState
from lockhouse.model.table import Reject
from lockhouse.policy.live import map_consent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockhouse.gates.house import House, LivePolicy, PersonFacts
    from lockhouse.model.consents import Statement
    from lockhouse.model.policy import Channel

STORED, SAME, ERASED, CLOSED, PUBLIC, TIED = "stored", "same", "erased", "suppressed", "public-key", "refused-then"
"""What becomes of a word: it stands from now on, or did already; or why it does not."""
AHEAD_MS = 5 * 60_000
"""So far may the clock of whoever made a file be ahead of ours."""
UNTIMELY = "a yes of a time that has come"
UNMAPPED = "a purpose that can be refused, or a word of the policy's consent.names"
_ASSURANCES = {"public": Assurance.PUBLIC, "secret": Assurance.SECRET}
Place = tuple[int, int, bytes]


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Whose word it is: of a channel of the policy, or of staff, who prove nothing.

    Attributes:
        signal: what its words are stored as.
        makes: whether somebody is made for a word of whom nobody has the identifier.
    """

    channel: int = 0
    assurance: Assurance = Assurance.SECRET
    proves: frozenset[str] = frozenset()
    signal: str = IMPORT
    makes: bool = True

    @classmethod
    def of(cls, channel: Channel | None) -> Origin:
        """The origin of a file that comes in a channel's name, or in that of whoever imports it."""
        if channel is None:
            return cls()
        return cls(
            channel=channel.id, assurance=_ASSURANCES[channel.assurance_key or "public"],
            proves=frozenset(channel.proves),
        )  # fmt: skip

    def belief(self, field: str, *, is_person: bool) -> int:
        """How far its word for an identifier goes, as collecting has it."""
        if self.assurance <= Assurance.PUBLIC:
            return int(Belief.PUBLIC if is_person else Belief.CLAIMED)
        return int(Belief.PROVEN if field in self.proves else Belief.CLAIMED)


class Resolved(NamedTuple):
    """A word whose identifier and purpose are known to the policy."""

    said: Statement
    field: str
    value: str
    place: Place
    belief: int
    purpose: str
    number: int


class Weighed(NamedTuple):
    """What becomes of a word: whose it is, if it is stored, and by which suppressions of its identifier."""

    word: Resolved
    outcome: str
    persons: tuple[bytes, ...] = ()
    makes: bytes | None = None
    suppressed: Suppressed = Suppressed({}, {})


_Spoken = tuple[int, int, bool]
"""Purpose, moment, and whether it was a yes."""


class Ahead:
    """Whom the words so far make, and what they say, before it is stored."""

    def __init__(self) -> None:
        self.owners: dict[Place, list[tuple[int, bytes]]] = defaultdict(list)
        self.spoken: dict[bytes, set[_Spoken]] = defaultdict(set)


def notice_of(batch: bytes, note: str | None) -> str:
    """What a file's word says of where it came from."""
    return f"{IMPORT}:{batch.hex()}" + (f":{note}" if note else "")


def is_of(word: Consent, batch: bytes) -> bool:
    """Whether a file's word came with this batch."""
    return (word.notice or "").startswith(notice_of(batch, None))


def note_of(notice: str | None) -> str | None:
    """What a file said of where a word was said; None of a word that no file brought, empty where it said nothing."""
    begins, _, rest = (notice or "").partition(":")
    return rest.partition(":")[2] if begins == IMPORT else None


def resolve(house: House, origin: Origin, said: Statement) -> Resolved | Reject:
    """The word with the place of its identifier and its purpose, said at the latest now, or what was expected."""
    live, now = house.live(), house.clock.now_ms()
    if said.granted and said.at > now + AHEAD_MS:
        return Reject(said.line, UNTIMELY)
    said = msgspec.structs.replace(said, at=min(said.at, now))
    purpose = _purpose(live, said.word)
    if purpose is None:
        return Reject(said.line, UNMAPPED)
    try:
        value = canonical(live, said.field, said.value)
    except Invalid:
        return Reject(said.line, f"a {said.field} with its country code")
    kind = live.kind(said.field)
    plain = None if value is None else kind.points(value)
    if value is None or plain is None:
        return Reject(said.line, f"a usable {said.field}")
    tag = house.indexer.tag(kind.number, kind.generation, plain, norm=NORM_VERSION)
    belief = origin.belief(said.field, is_person=kind.is_person)
    number = live.names.number("purpose", purpose)
    return Resolved(said, said.field, value, (kind.number, kind.generation, tag), belief, purpose, number)


def _purpose(live: LivePolicy, word: str) -> str | None:
    """The purpose that a word means, if a person can refuse it."""
    mapped, _ = map_consent(live.policy, {word: True})
    refusable = {one.name for one in live.policy.purposes if one.refusable}
    return next((name for name in mapped or () if name in refusable), None)


class _Known(NamedTuple):
    """What the stores say of a chunk's identifiers; `borrowed`: every no that stands by another batch alone."""

    owners: dict[Place, list[tuple[int, bytes]]]
    facts: dict[bytes, PersonFacts]
    spoken: dict[bytes, set[_Spoken]]
    borrowed: dict[bytes, set[_Spoken]]
    erased: dict[Place, int]
    suppressed: Sequence[Suppressed]


async def weigh(
    house: House, origin: Origin, words: Sequence[Resolved], ahead: Ahead, *, batch: bytes | None
) -> list[Weighed]:
    """What becomes of each word of a batch (None: they came in none), in their order; `ahead` goes on with it.

    Raises:
        Tampered: a row was not made by this house.
    """
    known = await _known(house, words, batch)
    return [
        _weigh(house, origin, word, known=known, suppressed=suppressed, ahead=ahead)
        for word, suppressed in zip(words, known.suppressed, strict=True)
    ]


async def _known(house: House, words: Sequence[Resolved], batch: bytes | None) -> _Known:
    places = list({word.place for word in words})
    columns = ("kind", "generation", "tag")
    owners: dict[Place, list[tuple[int, bytes]]] = defaultdict(list)
    for row in checked_bound(await house.reads.find(Identifier, columns, places), house.row_macs):
        owners[row.kind, row.generation, row.tag].append((row.proof, row.person))
    persons = {person for owned in owners.values() for _, person in owned}
    facts = await facts_of_persons(house, persons, fresh=True)
    for owned in owners.values():
        owned[:] = [one for one in owned if one[1] in facts and not facts[one[1]].ending]
    spoken: dict[bytes, set[_Spoken]] = defaultdict(set)
    apart: dict[bytes, set[_Spoken]] = defaultdict(set)
    found = await house.reads.find(Consent, ("person",), [(person,) for person in persons])
    for said in checked(found, house.integrity_key):
        if said.state < ConsentState.TAKEN_BACK:
            is_yes = said.state == ConsentState.GRANTED
            spoken[said.person].add((said.purpose, said.at, is_yes))
            is_ours = said.signal != IMPORT or (batch is not None and is_of(said, batch))
            if is_yes or is_ours:
                apart[said.person].add((said.purpose, said.at, is_yes))
    erased: dict[Place, int] = {}
    if house.erased_marks:
        for mark in checked_bound(await house.reads.find(ErasedMark, columns, places), house.row_macs):
            place = (mark.kind, mark.generation, mark.tag)
            erased[place] = max(mark.before_at, erased.get(place, 0))
    suppressed = await suppressed_by(house, [[(word.field, word.value)] for word in words])
    borrowed = {person: words - apart[person] for person, words in spoken.items()}
    return _Known(owners, facts, spoken, borrowed, erased, suppressed)


def _weigh(  # noqa: PLR0913  (a word, and everything that decides over it)
    house: House, origin: Origin, word: Resolved, *, known: _Known, suppressed: Suppressed, ahead: Ahead
) -> Weighed:
    at = word.said.at
    owned = [*known.owners.get(word.place, ()), *ahead.owners.get(word.place, ())]
    persons = [person for _, person in owned]
    spoken = {one: known.spoken.get(one, set()) | ahead.spoken[one] for one in persons}
    if at < known.erased.get(word.place, 0):
        return Weighed(word, ERASED)
    if word.said.granted:
        objected = frozenset().union(*(known.facts[one].objected for one in persons if one in known.facts))
        if origin.assurance < Assurance.SECRET:
            return Weighed(word, PUBLIC)
        if word.purpose in objected.union(*suppressed.closes.values()):
            return Weighed(word, CLOSED)
        if any((word.number, at, False) in one for one in spoken.values()):
            return Weighed(word, TIED)
    best = max(owned, default=None)
    made = house.ids.new() if origin.makes and (best is None or best[0] < word.belief) else None
    if made is not None and word.said.granted and _is_refused(word, spoken.values()):
        return Weighed(word, TIED)
    if made is not None:
        ahead.owners[word.place].append((word.belief, made))
        persons = [made] if word.said.granted else [*persons, made]
    elif word.said.granted and best is not None:
        persons = [best[1]]
    saying = (word.number, at, word.said.granted)
    # A no that another batch alone says is said again: it stands when that batch is taken back.
    there = {one: spoken.get(one, set()) - known.borrowed.get(one, set()) | ahead.spoken[one] for one in persons}
    fresh = tuple(dict.fromkeys(one for one in persons if saying not in there[one]))
    for person in fresh:
        ahead.spoken[person].add(saying)
    return Weighed(word, STORED if fresh else SAME, fresh, made, suppressed)


def _is_refused(word: Resolved, spoken: Iterable[set[_Spoken]]) -> bool:
    """Whether somebody who has the identifier said no to the purpose then or since."""
    return any(
        purpose == word.number and at >= word.said.at and not is_yes for one in spoken for purpose, at, is_yes in one
    )
