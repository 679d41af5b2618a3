"""Act 1: the files are carried off. What is in them is looked for in every way that bytes are commonly written."""

from __future__ import annotations

import base64
import re
import threading
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_GZIP = re.compile(rb"\x1f\x8b\x08")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_WINDOW = 1 << 20
"""Bytes looked at in one go, and the most that is unpacked from one place."""
_SHORTEST = 6
"""Shorter forms than this are met by chance in megabytes of random bytes."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What a search of a folder found.

    Attributes:
        files, bytes: how much was searched, packed members included.
        hits: what was looked for -> how often it was found in any form.
    """

    files: int
    bytes: int
    forms: int
    hits: dict[str, int]


def search(folder: Path, wanted: Mapping[str, str], *, stop: threading.Event) -> Search:
    """Every file of a folder, and everything packed inside, for each value in each form.

    Args:
        folder: searched with all folders below.
        wanted: name -> value (`{"e-mail": "anna@…"}`); names are what is reported.
        stop: set from another thread to end early; what was found until then is answered.
    """
    needles = {name: forms(value) for name, value in wanted.items()}
    overlap = max(len(form) for each in needles.values() for form in each) - 1
    hits = dict.fromkeys(wanted, 0)
    files = size = 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_socket():
            continue
        files += 1
        raw = path.read_bytes()
        for piece in (*_windows(raw, overlap), *_unpacked(raw, stop)):
            if stop.is_set():
                break
            size += len(piece)
            folded = piece.lower()
            for name, each in needles.items():
                hits[name] += sum(folded.count(form) for form in each)
    return Search(files=files, bytes=size, forms=sum(map(len, needles.values())), hits=hits)


def _windows(raw: bytes, overlap: int) -> Iterator[bytes]:
    """A file in pieces; each begins so far before the end of the last that nothing lies across unseen."""
    for start in range(0, max(1, len(raw) - overlap), _WINDOW):
        yield raw[start : start + _WINDOW + overlap]


def forms(value: str) -> frozenset[bytes]:
    """A value as bytes in all the ways it may lie in a file, in lower case: a search folds case too."""
    found: set[bytes] = set()
    for text in {value, value.lower(), value.upper(), value.casefold()}:
        for raw in (
            text.encode(),
            text.encode("utf-16-le"),
            text.encode("utf-16-be"),
            text.encode("latin-1", "ignore"),
        ):
            found |= {raw, raw.hex().encode(), *_base64(raw)}
        found |= {quote(text, safe="").encode(), text.encode("unicode_escape")}
    return frozenset(form.lower() for form in found if len(form) >= _SHORTEST)


def _base64(raw: bytes) -> Iterator[bytes]:
    """The part of each of the three base64 forms that does not depend on what stands before and behind."""
    for shift in range(3):
        packed = base64.b64encode(bytes(shift) + raw)
        head = (0, 2, 3)[shift]
        whole = (shift + len(raw)) * 8 // 6  # characters whose six bits are all ours
        yield packed[head:whole]
        yield packed[head:whole].translate(bytes.maketrans(b"+/", b"-_"))


def _unpacked(raw: bytes, stop: threading.Event) -> Iterator[bytes]:
    """Whatever unpacks somewhere inside: gzip and zlib members."""
    view = memoryview(raw)
    for pattern, bits in ((_GZIP, 31), (_ZLIB, 15)):
        for found in pattern.finditer(raw):
            if stop.is_set():
                return
            try:
                piece = zlib.decompressobj(bits).decompress(view[found.start() : found.start() + _WINDOW], _WINDOW)
            except zlib.error:
                continue
            if piece:
                yield piece
