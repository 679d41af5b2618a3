"""Mailchimp signs nothing: a secret in the address is all that proves, and bodies are forms."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.channels.hooks import HOOKS, Challenge, Delivery, Proven
from lockhouse.channels.hooks.forms import form_of
from lockhouse.model.event import Demand, Event, Fault
from lockhouse.model.scale import Assurance
from lockhouse.secret import Secret
from tests.unit.channels.hooks.mail_world import NOW, delivery, proven, read

SECRET = "0123456789abcdef" * 4
ANNA = "anna@customer.example"
LEAVES = {
    "type": "unsubscribe", "fired_at": "2026-11-23 09:30:00", "data[action]": "unsub", "data[reason]": "manual",
    "data[email]": ANNA, "data[merges][EMAIL]": ANNA, "data[merges][FNAME]": "Anna", "data[list_id]": "a6b5da1054",
}  # fmt: skip


def _read(fields: dict[str, str] | bytes) -> list[Event | Fault]:
    body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    return read("mailchimp", delivery(body), Proven())


def _one(**other: str) -> Event:
    [found] = _read(LEAVES | other)
    assert isinstance(found, Event)
    return found


@pytest.mark.parametrize(
    ("query", "proves"),
    [(f"key={SECRET}", True), (f"a=b&key={SECRET}", True), (f"key={SECRET}&key={SECRET}", False), ("", False),
     (f"key={SECRET}x", False), (f"key={SECRET[:-1]}", False), ("key=", False), (f"KEY={SECRET}", False),
     (f"key=+{SECRET}", False), ("key=\u00e9", False), ("&".join(["a=b"] * 20) + f"&key={SECRET}", False)],
)  # fmt: skip
def test_the_secret_stands_once_in_the_address_and_whole(query: str, *, proves: bool) -> None:
    found = proven("mailchimp", delivery(urlencode(LEAVES).encode(), query=query), "f" * 64, SECRET)
    assert isinstance(found, Proven) is proves


def test_without_a_secret_nothing_is_proven() -> None:
    assert not isinstance(proven("mailchimp", delivery(b"", query="key=")), Proven)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_whoever_looks_is_told_that_somebody_is_there_only_with_the_secret(method: str) -> None:
    challenge = HOOKS["mailchimp"].challenge
    assert challenge is not None
    looks = [
        Delivery(method=how, headers=[], query=query, body=b"", received_at=NOW)
        for how, query in ((method, f"key={SECRET}".encode()), (method, b"key=x"), ("POST", f"key={SECRET}".encode()))
    ]
    assert [challenge(one, [Secret(SECRET.encode())]) for one in looks] == [Challenge(body=b""), None, None]


@pytest.mark.parametrize(
    ("what", "reason", "asked"),
    [("unsubscribe", "manual", "unsubscribe"), ("unsubscribe", "abuse", "complaint"), ("cleaned", "abuse", "complaint"),
     ("cleaned", "hard", None), ("subscribe", "", None), ("profile", "", None), ("upemail", "", None)],
)  # fmt: skip
def test_what_a_member_asked_for_stands_on_its_event_and_a_bounce_is_nobodys_word(
    what: str, reason: str, asked: Any
) -> None:
    found = _one(type=what, **{"data[reason]": reason})
    assert found.demand == (None if asked is None else Demand(what=asked, identifiers=(("email", ANNA),)))
    assert (found.name, found.consent) == (what, None)


def test_a_form_is_read_as_the_tree_that_its_names_say() -> None:
    assert _one().source["data"]["merges"] == {"EMAIL": ANNA, "FNAME": "Anna"}
    assert _one().occurred_at == 1_795_426_200_000
    assert _one(fired_at="yesterday").occurred_at == NOW


def test_the_same_body_is_the_same_message_and_nothing_is_signed() -> None:
    assert _one().message_id == _one().message_id != _one(fired_at="2026-11-23 09:30:01").message_id
    assert HOOKS["mailchimp"].assurance == Assurance.SECRET


def test_a_look_with_an_empty_post_is_no_event() -> None:
    assert _read(b"") == _read(b" \r\n") == []


@pytest.mark.parametrize(
    "body",
    [b"data[email]=a&data[email]=b", b"data=1&data[email]=b", b"data[email]=a&data=1", b"type=%ff", b"type=\xff",
     b"type", b"type=a&[x]=b", b"type=a&data[=b", b"type=a&data]x=b", b"type=a&data[a]b=c", b"type=a&data[]=c", b"=x",
     b"&".join(b"f%d=1" % at for at in range(501)), b"data" + b"[a]" * 9 + b"=1", b"data[" + b"a" * 500 + b"]=1",
     b"fired_at=2026", b"type=" + b"x" * 201, b"data[type]=unsubscribe"],
)  # fmt: skip
def test_a_form_that_could_be_read_in_two_ways_is_a_fault(body: bytes) -> None:
    [found] = _read(body)
    assert isinstance(found, Fault)
    assert found.message_id


@given(raw=st.binary(max_size=80) | st.text(alphabet="ab[]=&%+01", max_size=80).map(str.encode))
def test_no_form_is_an_error_and_what_is_read_is_text_by_name(raw: bytes) -> None:
    found = form_of(raw)
    assert isinstance(found, Fault) or all(isinstance(one, str | dict) for one in found.values())
