"""Style, script and mark: files of this package, each at an address that its content gives.

An address holds the file's hash, so a browser may keep it for ever: another content has another address.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final, NamedTuple

PREFIX: Final = "/assets/"
FILES: Final = {
    "app.js": "text/javascript; charset=utf-8",
    "base.css": "text/css; charset=utf-8",
    "enrol.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
    "passkeys.js": "text/javascript; charset=utf-8",
    "tokens.css": "text/css; charset=utf-8",
}
"""Name -> content type. What is not listed is not served."""
KEPT: Final = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file as it is served."""

    kind: str
    body: bytes


@cache
def _read(name: str) -> bytes:
    return (files("lockhouse.faces.console") / "static" / name).read_bytes()


@cache
def address(name: str) -> str:
    """Where a file is served; a name that is not listed is an error of the page that asks for it."""
    if name not in FILES:
        raise KeyError(name)
    digest = urlsafe_b64encode(sha256(_read(name)).digest()[:12]).decode()
    return f"{PREFIX}{digest}/{name}"


def at(path: str) -> Asset | None:
    """The file at an address, None where there is none: an older content is not served under the newer one's name."""
    name = path.rpartition("/")[2]
    if name not in FILES or path != address(name):
        return None
    return Asset(FILES[name], _read(name))
