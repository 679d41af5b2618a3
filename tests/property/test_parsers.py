"""Signed notes, policies and the writer's frames: whatever comes in is read, or refused by the parser's own errors."""

from __future__ import annotations

import base64
import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockhouse.adapters.sqlite_writer.peer import GoneError, Peer
from lockhouse.adapters.writer_protocol import HEAD, FromClient, commit_frame
from lockhouse.crypto import SigningKey, open_checkpoint, parse_proof, sign_checkpoint, vkey
from lockhouse.errors import Invalid, Tampered
from lockhouse.model.change import Change, Delete
from lockhouse.policy.document import parse
from lockhouse.secret import Secret
from lockhouse.wiring import template

CANARY = "canary-7f3a"
KEY = SigningKey.from_secret(Secret(b"s" * 32))
VKEY = vkey("house.example/ledger", KEY.public())
SIGNED = sign_checkpoint("house.example/ledger", 7, b"r" * 32, KEY)
# Lone surrogates, controls and other scripts too: `st.text()` alone never draws the first.
texts = st.text(max_size=30) | st.text(st.characters(categories=["Cs", "Cc", "Nd", "Lo"]), max_size=8)
numbers = st.sampled_from(["9" * 5_000, "-1", "0x7", "\u0661", "1e999", ""])
pieces = st.lists(
    texts | numbers | st.sampled_from(["\n", "\n\n", "\u2014 ", "+", " ", VKEY, *SIGNED.splitlines()]), max_size=9
).map("".join)


@given(text=pieces)
@example("house.example/ledger\n" + "9" * 5_000 + "\n")
def test_no_text_but_the_signed_one_is_a_checkpoint(text: str) -> None:
    if text == SIGNED:
        return
    with pytest.raises(Tampered):
        open_checkpoint(text, [VKEY])


@given(at=st.integers(0, len(SIGNED) - 1), put=st.text(max_size=2) | st.text(st.characters(categories=["Cs"])))
def test_a_checkpoint_that_was_changed_anywhere_is_tampered_or_the_same_one(at: int, put: str) -> None:
    changed = SIGNED[:at] + put + SIGNED[at + 1 :]
    try:
        seen = open_checkpoint(changed, [VKEY])
    except Tampered:
        return
    assert seen == open_checkpoint(SIGNED, [VKEY])


hashes = st.lists(st.binary(min_size=31, max_size=33).map(lambda raw: base64.b64encode(raw).decode())).map("\n".join)


@given(rest=pieces | hashes, number=numbers | st.integers().map(str))
def test_any_text_is_a_proof_or_tampered(rest: str, number: str) -> None:
    for text in (rest, f"c2sp.org/tlog-proof@v1\nindex {number}\n{rest}\n\n{SIGNED}"):
        try:
            proof = parse_proof(text)
        except Tampered:
            continue
        assert 0 <= proof.index < 10**19
        assert {len(one) for one in proof.hashes} <= {32}


@given(key=pieces | st.binary(max_size=40).map(lambda raw: f"a+00000000+{base64.b64encode(raw).decode()}"))
def test_any_text_is_a_verifier_key_or_invalid(key: str) -> None:
    """Of a type that is not known it is passed over, and opens nothing."""
    if key == VKEY:
        return
    with pytest.raises((Invalid, Tampered)):
        open_checkpoint(SIGNED, [key])


words = st.sampled_from(
    ["policy", "extends", "controller", "purposes", "fields", "events", "roles", "keep", "about", "type", "&a", "*a",
     "<<", "!!binary", "!!python/object:os.system", "---", "%YAML 9.9", "? ", "- ", ": ", "[", "{", "]", "}", "\n",
     "  ", "2026-99-99", "|", ">", "'", '"', "retail@1"]
)  # fmt: skip


@given(text=st.lists(words | texts | numbers, max_size=20).map("".join))
@example("[" * 2_000)
@example("{a: " * 2_000)
@example("a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\n")
@example("policy: 1\npolicy: 2\n")
@example('policy: "\\ud800"')
def test_any_text_is_a_policy_or_every_problem_has_its_place(text: str) -> None:
    try:
        parse({"policy.yaml": text}, templates=template)
        said = "policy.yaml:"
    except Invalid as error:
        said = error.text
    assert said.startswith("policy.yaml:")


def _read(body: bytes) -> list[FromClient]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(HEAD.pack(len(body)) + body)
        ours.settimeout(0)
        return list(Peer(ours, 0).read())


PLACE = commit_frame(1, [Change("identity", deletes=(Delete("person", ("PLACE",)),))], urgent=False)[HEAD.size :]
odd = st.sampled_from(
    [b"\x91" * 20_000 + b"\xc0", b"\x81\x90\x01", b"\x81\x80\x01", b"\xd4\x05\x00", b"\xd7\xff" + b"\xff" * 8,
     b"\xa1\xff", b"\xa3\xed\xa0\x80", b"\xdd\xff\xff\xff\xff", b"\xcb\x7f\xf8" + bytes(6), b""]
)  # fmt: skip


@given(body=st.binary(max_size=60) | (odd | st.binary(max_size=8)).map(lambda raw: PLACE.replace(b"\xa5PLACE", raw)))
@example(PLACE.replace(b"\xa5PLACE", b"\x91" * 20_000 + b"\xc0"))
def test_any_frame_is_a_message_or_ends_its_connection(body: bytes) -> None:
    """One that was nested deeper than Python goes ended the writer, and with it everybody's connection."""
    try:
        [message] = _read(body)
    except GoneError:
        return
    assert isinstance(message, FromClient)
