"""One value a field, and which source persons are one human."""

from __future__ import annotations

from typing import Any

import pytest

from lockhouse.identity.fold import Seen, canonical, fold
from lockhouse.model.rows import Link
from lockhouse.model.scale import Assurance, Proof

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16


def _seen(value: Any, **beside: Any) -> Seen:
    usual: dict[str, Any] = {
        "field": "city",
        "proof": Proof.CLAIMED,
        "assurance": Assurance.SECRET,
        "at": 5,
        "record": b"r",
        "channel": 1,
    }
    return Seen(value=value, **(usual | beside))


@pytest.mark.parametrize(
    "beside",
    [
        {"proof": Proof.PROVEN, "assurance": Assurance.PUBLIC, "at": 1},
        {"assurance": Assurance.SECRET, "at": 6},
    ],
)
def test_each_ground_of_belief_outweighs_all_below_it(beside: dict[str, Any]) -> None:
    rest = [_seen("Rome"), _seen("Oslo", assurance=Assurance.PUBLIC, at=99)]
    assert fold([*rest, _seen("Turin", **beside)])["city"].value == "Turin"


def test_a_public_key_never_outdates_a_secret_one() -> None:
    assert fold([_seen("Turin", at=1), _seen("Rome", at=9, assurance=Assurance.PUBLIC)])["city"].value == "Turin"


def test_a_signed_channel_is_not_believed_over_a_newer_secret_one() -> None:
    assert fold([_seen("Turin", assurance=Assurance.SIGNED, at=1), _seen("Rome", at=2)])["city"].value == "Rome"


def test_each_field_is_folded_on_its_own() -> None:
    folded = fold([_seen("Turin"), _seen("IT", field="country")])
    assert {name: seen.value for name, seen in folded.items()} == {"city": "Turin", "country": "IT"}


def _link(one: bytes, other: bytes, **beside: Any) -> Link:
    usual: dict[str, Any] = {
        "id": one + other,
        "a": one,
        "b": other,
        "kind": 0,
        "proof": Proof.ISSUED,
        "from_at": 0,
        "until_at": None,
        "undone_at": None,
        "entry": b"",
        "mac": b"",
    }
    return Link(**(usual | beside))


def test_issued_links_join_and_the_order_does_not_matter() -> None:
    links = [_link(B, C), _link(A, B)]
    assert canonical([C, A, B], links) == canonical([A, B, C], links[::-1]) == ((A, B, C),)


@pytest.mark.parametrize("beside", [{"proof": Proof.CLAIMED}, {"kind": 1}, {"undone_at": 3}])
def test_a_claimed_a_devices_and_an_undone_link_join_nobody(beside: dict[str, Any]) -> None:
    assert canonical([A, B], [_link(A, B, **beside)]) == ((A,), (B,))


def test_claimed_links_join_where_only_counts_are_asked() -> None:
    assert canonical([A, B], [_link(A, B, proof=Proof.CLAIMED)], least=Proof.CLAIMED) == ((A, B),)


def test_a_link_to_somebody_not_asked_for_brings_them_in() -> None:
    assert canonical([A], [_link(B, A)]) == ((A, B),)
