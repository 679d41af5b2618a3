"""What an address or a cookie may hold of a person: a box that opens in the session it was made for, and nowhere else.

An address stays in a browser's history, and is read aloud and copied. So a person stands in it as a sealed box, made
anew for each page: it names nobody, two of the same person are not seen to be, and in another session, or once this one
has ended, it is as if it had never been made.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.crypto.staff import place
from lockhouse.errors import NotFound, Tampered
from lockhouse.model.rows import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.crypto.canonical import Value
    from lockhouse.gates.house import House

LONGEST: Final = 400
"""Signs of a ref: the box's floor is 128 bytes, and what it holds is a few words."""
_PERSON, _WAY, _MARK, _FORMER = 1, 2, 3, 4


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """What an address of a person says.

    Attributes:
        person: the id of a source person.
        way: by which of the policy's ways they were found; empty where nobody says so.
        mark: the record or entry that a page of theirs goes on from; None for the newest.
        former: they were found by a value that has been put right since, so it may be somebody else who gave it.
    """

    person: bytes
    way: str = ""
    mark: bytes | None = None
    former: bool = False


def ref_of(house: House, session: Session, meant: Meant) -> str:
    """The address's word for a person, in this session."""
    said: dict[int, Value] = {_PERSON: meant.person.hex(), _WAY: meant.way}
    mark: dict[int, Value] = {_MARK: meant.mark.hex()} if meant.mark else {}
    return sealed(house, session, "ref", said | mark | ({_FORMER: True} if meant.former else {}))


def meant_by(house: House, session: Session, ref: str) -> Meant:
    """Whom an address of this session means.

    Raises:
        NotFound: it is none of this session's; whether it was another's, or nobody's, is not told.
    """
    if len(ref) > LONGEST:
        raise NotFound("ref: expected one of this session")
    said = unsealed(house, session, "ref", ref)
    if said is None:
        raise NotFound("ref: expected one of this session")
    mark = said.get(_MARK)
    return Meant(
        person=bytes.fromhex(str(said[_PERSON])), way=str(said[_WAY]),
        mark=None if mark is None else bytes.fromhex(str(mark)), former=_FORMER in said,
    )  # fmt: skip


def sealed(house: House, session: Session, use: str, values: Mapping[int, Value]) -> str:
    """A few values as text that opens for this use in this session."""
    box = house.staff_keys.seal_fields(values, place=_place(session, use))
    return urlsafe_b64encode(box).decode("ascii").rstrip("=")


def unsealed(house: House, session: Session, use: str, text: str) -> dict[int, Value] | None:
    """What `sealed` made; None for anything else."""
    try:
        box = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        return house.staff_keys.open_fields(box, place=_place(session, use))
    except (ValueError, Tampered):
        return None


def _place(session: Session, use: str) -> bytes:
    return place(Session.TABLE, session.tag, use)
