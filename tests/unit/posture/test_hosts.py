"""A host is one's own only where its name or address can be nobody else's."""

from __future__ import annotations

import pytest

from lockhouse.posture.hosts import is_own


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "::1", "10.0.0.7", "192.168.1.2", "fd00::1", "warehouse", "a.lan", "b.internal"]
)
def test_a_private_address_or_a_name_that_nobody_is_given_is_ones_own(host: str) -> None:
    assert is_own(host)


@pytest.mark.parametrize("host", ["collector.example", "8.8.8.8", "2606:4700::1", "internal.example", "lan.example."])
def test_any_other_host_may_be_somebody_elses(host: str) -> None:
    assert not is_own(host)
