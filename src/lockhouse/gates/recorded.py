"""A person's word on a purpose, recorded: by staff, or since a suppression closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.gates.authority import signed
from lockhouse.gates.facts import STAFF, facts_of_persons
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.told import consent_draft, tell
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Consent, KeyRing
from lockhouse.model.scale import Assurance, ConsentState

if TYPE_CHECKING:
    from lockhouse.gates.house import House, PersonFacts

RING_MOVED = "ring-moved"


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
    row = word_of(house, person, found.id, at=at, granted=granted, signal=signal, notice=notice)
    change = Change("identity", puts=(Put(Consent.TABLE, row),), expects=(alive(person),))
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


def word_of(  # noqa: PLR0913  (what a word is made of)
    house: House, person: bytes, purpose: int, *, at: int, granted: bool, signal: str, notice: str | None
) -> Consent:
    """A word as its row, signed; the ledger does not tell of it yet."""
    state = ConsentState.GRANTED if granted else ConsentState.DENIED
    row = Consent(
        person, purpose, at, house.ids.new(), state, 0, signal, Assurance.SECRET, notice,
        house.ids.new(), b"",
    )  # fmt: skip
    return signed(row, house.integrity_key)


def alive(person: bytes) -> Expect:
    """That a person has a ring: has not ended."""
    return Expect(KeyRing.TABLE, (person,), {"person": person}, or_absent=False, because=RING_MOVED)
