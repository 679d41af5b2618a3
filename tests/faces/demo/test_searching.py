"""The search of a stolen house does find: each form that a value can lie in is planted once and met."""

from __future__ import annotations

import base64
import gzip
import threading
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockhouse.faces.demo.steal import forms, search

VALUE = "jürgen.müller@post.example.net"
FORMS = {
    "text": VALUE.encode(),
    "capitals": VALUE.upper().encode(),
    "latin-1": VALUE.encode("latin-1"),
    "utf-16": VALUE.encode("utf-16-le"),
    "utf-16 big": VALUE.encode("utf-16-be"),
    "hex": VALUE.encode().hex().encode(),
    "hex in capitals": VALUE.encode().hex().upper().encode(),
    "base64": base64.b64encode(VALUE.encode()),
    "base64 within": base64.b64encode(b"to: " + VALUE.encode() + b", hello"),
    "base64 within, shifted": base64.b64encode(b"from: " + VALUE.encode() + b"!"),
    "base64 of utf-16": base64.b64encode(VALUE.encode("utf-16-le")),
    "url": b"e=j%C3%BCrgen.m%C3%BCller%40post.example.net",
    "escaped": b"j\\xfcrgen.m\\xfcller@post.example.net",
    "gzip": b"\x00page" + gzip.compress(b"dear " + VALUE.encode()) + b"page\x00",
    "zlib": b"\x00" * 70_000 + zlib.compress(b"dear " + VALUE.encode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_found(tmp_path: Path, form: str) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(b"\x01\x02" + FORMS[form] + b"\x03")
    found = search(tmp_path, {"e-mail": VALUE, "name": "Somebody Else"}, stop=threading.Event())
    assert found.hits["e-mail"] > 0
    assert found.hits["name"] == 0
    assert found.files == 1


@given(at=st.integers((1 << 20) - 80, (1 << 20) + 10))
def test_nothing_hides_between_two_windows(tmp_path_factory: pytest.TempPathFactory, at: int) -> None:
    folder = tmp_path_factory.mktemp("window")
    (folder / "file").write_bytes(b"\x00" * at + VALUE.encode() + b"\x00" * 200)
    assert search(folder, {"e-mail": VALUE}, stop=threading.Event()).hits["e-mail"] > 0
    (folder / "file").unlink()


def test_a_search_that_is_told_to_stop_ends(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(VALUE.encode())
    stop = threading.Event()
    stop.set()
    assert search(tmp_path, {"e-mail": VALUE}, stop=stop).hits == {"e-mail": 0}


@example("000000", b"\x00\x01", b"")  # short, and its last group is not whole
@given(
    st.text(min_size=6, max_size=40, alphabet=st.characters(codec="utf-8")),
    st.binary(max_size=7),
    st.binary(max_size=7),
)
def test_base64_is_found_wherever_the_value_stands(value: str, before: bytes, behind: bytes) -> None:
    packed = base64.b64encode(before + value.encode() + behind).lower()
    assert any(form in packed for form in forms(value))
