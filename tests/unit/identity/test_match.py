"""Which source person an event belongs to: the rules, and the traps they are against."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from lockhouse.identity.match import BRAKE, DEVICE_OF, NOBODY, SAME_PERSON, Joined, Owner, match
from lockhouse.model.scale import Belief, Proof

EMAIL, PHONE, LOYALTY, DEVICE = 1, 2, 3, 4
PUBLIC, CLAIMED, ISSUED, PROVEN = Belief
VICTIM, ATTACKER, TABLET = b"victim", b"attacker", b"tablet"


class Id(NamedTuple):
    kind: int
    tag: bytes
    belief: int = CLAIMED
    is_person: bool = True


MAIL = Id(EMAIL, b"mail")
CALL = Id(PHONE, b"call")
CARD = Id(LOYALTY, b"card")
BROWSER = Id(DEVICE, b"browser", CLAIMED, is_person=False)

Known = dict[tuple[int, bytes], list[tuple[int, bytes, int]]]


def _owned(one: Id, person: bytes, belief: int = CLAIMED) -> Known:
    return {(one.kind, one.tag): [Owner(belief, person, 0)]}


def test_an_event_without_identifiers_makes_a_person_of_its_own() -> None:
    assert match((), {}) == NOBODY


def test_an_unknown_identifier_makes_a_person_and_an_index() -> None:
    answer = match([MAIL], {})
    assert (answer.person, answer.new_indexes, answer.links) == (None, ((EMAIL, b"mail", CLAIMED),), ())


def test_a_known_identifier_leads_to_its_owner() -> None:
    answer = match([MAIL], _owned(MAIL, VICTIM))
    assert (answer.person, answer.new_indexes, answer.links, answer.proposals) == (VICTIM, (), (), ())


def test_of_several_owners_the_one_with_the_highest_proof_counts() -> None:
    known: Known = {(EMAIL, b"mail"): [(CLAIMED, ATTACKER, 1), (PROVEN, VICTIM, 9), (ISSUED, TABLET, 5)]}
    assert match([MAIL], known).person == VICTIM


def test_a_typed_address_does_not_lead_a_proven_event_to_whoever_typed_it_first() -> None:
    """Pre-hijacking: the victim's first proven order must not land in the attacker's profile."""
    answer = match([MAIL._replace(belief=PROVEN)], _owned(MAIL, ATTACKER))
    assert answer.person is None
    assert answer.new_indexes == ((EMAIL, b"mail", PROVEN),)
    assert answer.proposals == ((ATTACKER, CLAIMED),)
    assert answer.links == ()


def test_a_signed_lead_with_a_victims_address_and_an_attackers_phone_makes_a_weak_link_only() -> None:
    known = _owned(MAIL, VICTIM, PROVEN) | _owned(CALL, ATTACKER, PROVEN)
    answer = match([MAIL, CALL], known)
    assert answer.person == VICTIM
    assert answer.links == (Joined(ATTACKER, SAME_PERSON, Proof.CLAIMED),)
    assert answer.new_indexes == ()


@pytest.mark.parametrize("lower", [PUBLIC, CLAIMED, ISSUED])
def test_what_is_typed_beside_a_believed_identifier_is_no_index_of_its_person(lower: int) -> None:
    """The event comes to the victim; the attacker's phone in it neither finds the victim nor is the victim's."""
    answer = match([MAIL._replace(belief=lower), CALL._replace(belief=lower)], _owned(MAIL, VICTIM, PROVEN))
    assert (answer.person, answer.new_indexes, answer.links) == (VICTIM, (), ())


def test_what_is_typed_beside_a_proven_identifier_of_a_new_person_is_no_index_either() -> None:
    """The attacker signs in for the first time and types the card number that the victim will be given next."""
    answer = match([MAIL._replace(belief=PROVEN), CARD], {})
    assert (answer.person, answer.new_indexes) == (None, ((EMAIL, b"mail", PROVEN),))


def test_a_claim_with_a_public_key_does_not_lead_a_claim_with_a_secret_one() -> None:
    answer = match([MAIL, CARD], _owned(CARD, ATTACKER, PUBLIC))
    assert answer.person is None
    assert answer.new_indexes == ((EMAIL, b"mail", CLAIMED), (LOYALTY, b"card", CLAIMED))
    assert answer.proposals == ((ATTACKER, PUBLIC),)


def test_within_one_belief_a_new_identifier_joins_whom_the_known_one_leads_to() -> None:
    for belief in Belief:
        shown = [MAIL._replace(belief=belief), CALL._replace(belief=belief)]
        answer = match(shown, _owned(MAIL, VICTIM, belief))
        assert (answer.person, answer.new_indexes) == (VICTIM, ((PHONE, b"call", belief),))


def test_a_link_made_with_a_public_key_is_a_claim_like_another() -> None:
    shown = [MAIL._replace(belief=PUBLIC), CALL._replace(belief=PUBLIC)]
    answer = match(shown, _owned(MAIL, VICTIM) | _owned(CALL, ATTACKER))
    assert answer.links == (Joined(ATTACKER, SAME_PERSON, Proof.CLAIMED),)


def test_a_proven_account_does_not_lead_into_a_profile_named_beside_it() -> None:
    """The attacker signs in with an account of their own and types the victim's card number."""
    answer = match([MAIL._replace(belief=PROVEN), CARD], _owned(CARD, VICTIM, PROVEN))
    assert answer.person is None
    assert answer.new_indexes == ((EMAIL, b"mail", PROVEN),)
    assert answer.links == (Joined(VICTIM, SAME_PERSON, CLAIMED),)


def test_an_equally_strong_identifier_leads_to_its_owner_when_the_first_is_new() -> None:
    answer = match([MAIL, CARD], _owned(CARD, VICTIM))
    assert (answer.person, answer.new_indexes) == (VICTIM, ((EMAIL, b"mail", CLAIMED),))


def test_a_person_counts_before_a_device_whatever_the_order() -> None:
    known = _owned(BROWSER, TABLET) | _owned(MAIL, VICTIM)
    answer = match([BROWSER, MAIL], known)
    assert answer.person == VICTIM
    assert answer.links == (Joined(TABLET, DEVICE_OF, CLAIMED),)


def test_a_well_known_device_does_not_keep_its_users_address_from_being_indexed() -> None:
    answer = match([BROWSER._replace(belief=PROVEN), MAIL], _owned(BROWSER, TABLET, PROVEN))
    assert (answer.person, answer.belief) == (None, CLAIMED)
    assert answer.new_indexes == ((EMAIL, b"mail", CLAIMED),)
    assert answer.links == (Joined(TABLET, DEVICE_OF, CLAIMED),)


def test_a_shared_tablet_gives_nobody_its_keys() -> None:
    """The second user's unknown address must not join whom the tablet's events are sealed for."""
    answer = match([MAIL, BROWSER], _owned(BROWSER, TABLET))
    assert answer.person is None
    assert answer.new_indexes == ((EMAIL, b"mail", CLAIMED),)
    assert answer.links == (Joined(TABLET, DEVICE_OF, CLAIMED),)


def test_an_unknown_device_is_not_indexed_for_a_person() -> None:
    assert match([MAIL, BROWSER], {}).new_indexes == ((EMAIL, b"mail", CLAIMED),)


def test_a_device_alone_makes_a_person_of_its_own() -> None:
    assert match([BROWSER], {}).new_indexes == ((DEVICE, b"browser", CLAIMED),)


def test_identifiers_of_three_persons_make_two_links() -> None:
    known = _owned(MAIL, VICTIM) | _owned(CALL, ATTACKER) | _owned(CARD, TABLET)
    assert match([MAIL, CALL, CARD], known).links == (
        Joined(ATTACKER, SAME_PERSON, Proof.CLAIMED),
        Joined(TABLET, SAME_PERSON, CLAIMED),
    )


def test_a_higher_belief_adds_an_index_and_moves_none() -> None:
    known = _owned(MAIL, VICTIM, PROVEN) | _owned(CARD, VICTIM, CLAIMED)
    answer = match([MAIL._replace(belief=PROVEN), CARD._replace(belief=PROVEN)], known)
    assert (answer.person, answer.new_indexes, answer.proposals) == (VICTIM, ((LOYALTY, b"card", PROVEN),), ())


class TestTheBrake:
    COMMON = (EMAIL, b"mail")

    def test_a_household_may_share(self) -> None:
        answer = match([MAIL, CARD], _owned(MAIL, VICTIM), counts={self.COMMON: BRAKE})
        assert (answer.person, answer.braked) == (VICTIM, ())

    def test_a_tills_own_address_leads_nowhere_and_joins_nothing(self) -> None:
        answer = match([MAIL, CARD], _owned(MAIL, VICTIM), counts={self.COMMON: BRAKE + 1})
        assert answer.person is None
        assert answer.new_indexes == ((LOYALTY, b"card", CLAIMED),)
        assert (answer.links, answer.proposals) == ((), ())
        assert answer.braked == (self.COMMON,)

    def test_alone_it_still_has_a_place(self) -> None:
        answer = match([MAIL], _owned(MAIL, VICTIM), counts={self.COMMON: BRAKE + 1})
        assert (answer.person, answer.braked) == (VICTIM, ())

    def test_beside_a_device_alone_it_still_has_a_place(self) -> None:
        answer = match([BROWSER, MAIL], _owned(MAIL, VICTIM), counts={self.COMMON: BRAKE + 1})
        assert (answer.person, answer.braked) == (VICTIM, ())

    def test_of_several_that_are_common_the_most_believed_has_a_place(self) -> None:
        card = CARD._replace(belief=PROVEN)
        counts = {self.COMMON: BRAKE + 1, (LOYALTY, b"card"): BRAKE + 1}
        answer = match([MAIL, card], _owned(MAIL, VICTIM) | _owned(card, TABLET, PROVEN), counts=counts)
        assert (answer.person, answer.links, answer.braked) == (TABLET, (), (self.COMMON,))
