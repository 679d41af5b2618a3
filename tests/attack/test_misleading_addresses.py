"""An address of a database that seems to stay on this machine, and leads the client elsewhere without a proof."""

from __future__ import annotations

import pytest

from lockhouse.adapters.postgres.link import Places
from lockhouse.errors import Invalid

AWAY = [
    "postgresql://house:word@db.example/identity?host=localhost",
    "postgresql://house:word@db.example/identity?host=/run/postgresql",
    "postgresql:///identity?host=localhost&host=db.example",
    "postgresql://house@db.example,x@localhost/identity",
    "postgresql://localhost/identity?host=db.example",
    "postgresql:///identity",
    "postgresql:///identity?service=elsewhere",
    "postgresql://db.example/identity?sslmode=verify-full&sslmode=disable",
    "postgresql://db.example/identity?sslmode=verify-full&sslrootcert=a.crt&sslrootcert=b.crt",
]


@pytest.mark.parametrize("address", AWAY)
def test_an_address_with_two_readings_or_none_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="record store: expected") as caught:
        Places(identity="", record=address).of("record")
    assert "word" not in f"{caught.value} {caught.value.hint}"
    assert "db.example" not in f"{caught.value} {caught.value.hint}"
