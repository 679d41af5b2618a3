"""Pictures of a page for the documentation: whole, in both themes, of two widths, in few colours and so small."""

from __future__ import annotations

import os
import struct
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Final

from tests.faces.console.browsing import MAKE_PICTURES, PICTURES, WIDTHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faces.console.browsing import Desk

_COLOURS: Final = 160
_VIVID: Final = 48
_SIGN: Final = b"\x89PNG\r\n\x1a\n"


def pictured(at: Desk, name: str) -> None:
    """The page stands in `docs/console` as `NAME-WIDTH-THEME.png`, if pictures are to be made."""
    if not os.environ.get(MAKE_PICTURES):
        return
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            at.page.emulate_media(color_scheme=scheme)
            at.page.set_viewport_size({"width": width, "height": 800})
            at.page.evaluate("scrollTo(0, 0)")
            shot = at.page.screenshot(full_page=True)
            (PICTURES / f"{name}-{width}-{scheme}.png").write_bytes(in_palette(shot))
    at.page.emulate_media(color_scheme="light")
    at.page.set_viewport_size({"width": 1280, "height": 800})


def in_palette(png: bytes) -> bytes:
    """The same picture in its most frequent colours, half of them at most for what is not grey: marks are small.

    A pixel of another colour has the nearest of them.
    """
    width, height, pixels = _decoded(png)
    count = Counter(pixels)
    ranked = [colour for colour, _ in count.most_common()]
    vivid = [colour for colour in ranked if max(colour) - min(colour) > _VIVID][: _COLOURS // 2]
    palette = [*vivid, *(colour for colour in ranked if colour not in vivid)][:_COLOURS]
    place = {colour: at for at, colour in enumerate(palette)}
    for colour in count.keys() - place.keys():
        place[colour] = min(range(len(palette)), key=lambda at: _apart(palette[at], colour))
    body = bytes(place[colour] for colour in pixels)
    rows = b"".join(b"\0" + body[at * width : (at + 1) * width] for at in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return _SIGN + b"".join(_chunk(kind, data) for kind, data in parts)


def _apart(one: bytes, other: bytes) -> int:
    return sum((left - right) ** 2 for left, right in zip(one, other, strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _decoded(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and pixels, as three bytes each, of a picture as Chromium makes it: 8 bits, no interlace."""
    chunks = list(_chunks(png))
    width, height, depth, kind, _, _, interlace = struct.unpack(">IIBBBBB", dict(chunks)[b"IHDR"])
    assert (depth, interlace) == (8, 0)
    size = {2: 3, 6: 4}[kind]
    packed = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
    step, before, pixels = width * size, bytearray(width * size), list[bytes]()
    for at in range(height):
        line = packed[at * (step + 1) : (at + 1) * (step + 1)]
        before = _unfiltered(line[0], bytearray(line[1:]), before, size)
        row = bytes(before)
        pixels += [row[x : x + 3] for x in range(0, step, size)]
    return width, height, pixels


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGN)
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += size + 12


def _unfiltered(kind: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    """A line as it was before it was filtered (PNG, third edition, §9.2)."""
    for at in range(len(line) if kind else 0):
        left, up = line[at - size] if at >= size else 0, above[at]
        corner = above[at - size] if at >= size else 0
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        line[at] = (line[at] + guess) & 0xFF
    return line


def _paeth(left: int, up: int, corner: int) -> int:
    start = left + up - corner
    return min((left, up, corner), key=lambda one: abs(start - one))
