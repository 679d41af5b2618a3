"""The text of a service token, and what the house knows it by."""

from __future__ import annotations

import os
import re
from pathlib import Path

from lockhouse.crypto.credentials import (
    credential_hash,
    looks_like_token,
    looks_valid,
    new_credential,
    new_token,
    token_hash,
)
from lockhouse.secret import Secret

SPEC = Path(__file__).parents[3] / "docs/spec/token.md"
KEY = Secret(bytes(range(32)))


def _text() -> str:
    return new_token(os.urandom).reveal().decode()


def test_a_token_has_the_form_that_the_page_says_and_no_two_are_one() -> None:
    texts = {_text() for _ in range(200)}
    assert len(texts) == 200
    assert all(re.fullmatch(r"lh_[0-9A-Za-z]{30}_[0-9A-Za-z]{6}", text, re.ASCII) for text in texts)
    assert all(looks_like_token(text) for text in texts)


def test_the_pages_example_has_the_right_checksum() -> None:
    [example] = re.findall(r"`(lh_0{30}_\w{6})`", SPEC.read_text("utf-8"))
    assert looks_like_token(example)


def test_a_token_is_no_write_key_and_a_write_key_is_no_token() -> None:
    text = _text()
    assert not looks_valid(text)
    for kind in ("public", "secret"):
        assert not looks_like_token(new_credential(kind, os.urandom).reveal().decode())
    assert token_hash(text, key=KEY) != credential_hash(text, key=KEY)


def test_the_hash_is_of_the_text_and_the_key() -> None:
    text = _text()
    assert token_hash(text, key=KEY) == token_hash(text, key=KEY)
    assert len({token_hash(text, key=KEY), token_hash(text, key=Secret(bytes(32))), token_hash(_text(), key=KEY)}) == 3
    assert len(token_hash("\ud800", key=KEY)) == 32  # what a header may carry misses, and does not fail
