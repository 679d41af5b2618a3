"""Bearer secrets of links, ceremonies and sessions: 256 bits as text; a row knows the keyed hash alone."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lockhouse.gates.house import House

Kind = Literal["ceremony", "command-line", "device", "link", "session"]


def new_token(house: House) -> str:
    """A new secret, as it stands in a link or a cookie."""
    return urlsafe_b64encode(house.staff_keys.token()).decode().rstrip("=")


def token_tag(house: House, kind: Kind, token: str) -> bytes:
    """Under which a row of this kind stands; of whatever somebody sent, too."""
    return house.staff_keys.tag(kind, token)
