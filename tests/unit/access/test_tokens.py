"""The pure rules of service tokens, step by step."""

from __future__ import annotations

import ipaddress
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.access.tokens import (
    HERE,
    LIVE,
    OVERTAKEN,
    REVOKED,
    Terms,
    Why,
    beyond,
    covers,
    decoded,
    encoded,
    sound_terms,
    why_not,
)
from lockhouse.errors import Invalid
from lockhouse.policy.words import PERMISSION_AREAS

PLAIN = Terms(name="siem", role="auditor", may=("ledger.read",), purposes=(), networks=("10.0.0.0/8",))
permissions = st.sampled_from(["ledger.read", "ledger.*", "policy.show", "policy.*", "token.create"])
networks = st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "::/0", "fd00::/8", "0.0.0.0/0"])
some_terms = st.builds(
    Terms, name=st.just("one"), role=st.sampled_from(["", "auditor", "support"]),
    may=st.lists(permissions, max_size=3).map(tuple),
    purposes=st.lists(st.sampled_from(["fulfilment", "marketing"]), max_size=2).map(tuple),
    networks=st.lists(networks, min_size=1, max_size=3).map(tuple),
)  # fmt: skip


@pytest.mark.parametrize("state", [LIVE, OVERTAKEN])
def test_what_lives_stands_until_the_ms_of_its_end(state: int) -> None:
    def at(now: int) -> Why | None:
        return why_not(state=state, until_at=10, terms=PLAIN, now=now, network="10.0.0.1")

    assert (at(9), at(10)) == (None, "expired")


def test_each_reason_is_told_in_one_order() -> None:
    def why(state: int, now: int, network: str | None) -> Why | None:
        return why_not(state=state, until_at=10, terms=PLAIN, now=now, network=network)

    seen = [why(REVOKED, 99, None), why(LIVE, 99, None), why(LIVE, 0, None), why(7, 0, "10.0.0.1")]
    assert seen == ["revoked", "expired", "network", "revoked"]
    assert set(get_args(Why)) <= set(seen)


def test_networks_that_nobody_named_are_this_machine() -> None:
    bare = sound_terms(msgspec.structs.replace(PLAIN, networks=(), may=("b.x", "a.x", "b.x")), areas=("a", "b"))
    assert (bare.networks, bare.may) == (HERE, ("a.x", "b.x"))
    assert decoded(encoded(bare)) == bare


@given(st.text(max_size=60))
def test_whatever_is_said_of_a_token_is_taken_or_refused_without_being_repeated(text: str) -> None:
    for field in ("name", "may", "networks"):
        value = text if field == "name" else (text,)
        try:
            kept = sound_terms(msgspec.structs.replace(PLAIN, **{field: value}), areas=PERMISSION_AREAS)
        except Invalid as error:
            assert len(text) < 8 or text not in error.text + error.hint  # noqa: PT017  # short ones are in any sentence
        else:
            assert kept.networks
            assert all(ipaddress.ip_network(one) for one in kept.networks)


@given(maker=some_terms, made=some_terms, permission=permissions, address=st.ip_addresses())
def test_a_token_within_anothers_terms_reaches_nothing_that_the_other_does_not(
    maker: Terms, made: Terms, permission: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    if beyond(made, maker) is not None:
        return
    assert made.role in {"", maker.role}
    assert covers(maker.may, permission) or not covers(made.may, permission)
    assert set(made.purposes) <= set(maker.purposes)
    inside = [
        why_not(state=LIVE, until_at=1, terms=one, now=0, network=str(address)) is None for one in (made, maker)
    ]  # fmt: skip
    assert inside[1] or not inside[0]


def test_each_part_that_is_more_is_named() -> None:
    parts = {"role": "support", "may": ("ledger.*",), "purposes": ("fulfilment",), "networks": ("0.0.0.0/0",)}
    assert [beyond(msgspec.structs.replace(PLAIN, **{name: value}), PLAIN) for name, value in parts.items()] == [*parts]
    assert beyond(PLAIN, PLAIN) is None
