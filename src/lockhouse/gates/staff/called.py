"""What somebody is called, sealed in their account's row; and the accounts themselves, begun and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.crypto.staff import place
from lockhouse.errors import Invalid
from lockhouse.gates.staff.read import INVITED
from lockhouse.model.rows import Staff

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.ledger.entry import StaffStep

MAX_TEXT = 200
LANGUAGES = ("en", "de")
_LOGIN, _NAME = 1, 2


class Called(NamedTuple):
    """What somebody signs in as, and what colleagues read."""

    login: str
    name: str


def new_account(house: House, called: Called, *, inviter: bytes, by: str, language: str) -> Staff:
    """An account of somebody who is invited, as a row that is not stored yet.

    Raises:
        Invalid: the login or the name is empty, too long or holds signs that cannot be printed or what begins an
            encoded word in a mail (RFC 2047 §2), or there is no such language.
    """
    for where, text in (("login", called.login), ("name", called.name)):
        if not 0 < len(text) <= MAX_TEXT or not text.isprintable() or "=?" in text:
            raise Invalid(where, "1 to 200 printable signs without =?", got="something else")
    if language not in LANGUAGES:
        raise Invalid("language", f"one of {', '.join(LANGUAGES)}", got="another word")
    now, own = house.clock.now_ms(), house.ids.new()
    box = house.staff_keys.seal_fields({_LOGIN: called.login, _NAME: called.name}, place=_place(own))
    login = house.staff_keys.login_tag(called.login)
    return Staff(
        own, login, box, INVITED, "invited", inviter, language, now, None, b"", now - 1, None, by, now,
        house.ids.new(), b"",
    )  # fmt: skip


def called(house: House, row: Staff) -> Called:
    """What somebody is called, from a row whose MAC was checked.

    Raises:
        Tampered: the box is not this row's own.
    """
    fields = house.staff_keys.open_fields(row.box, place=_place(row.id))
    return Called(str(fields[_LOGIN]), str(fields[_NAME]))


def moved(house: House, row: Staff, step: StaffStep, *, by: str) -> Staff:
    """The account as it is about to be after a step, under an entry of its own; what else changes, the caller says."""
    return msgspec.structs.replace(row, step=step, by=by, at=house.clock.now_ms(), entry=house.ids.new())


def _place(staff: bytes) -> bytes:
    return place(Staff.TABLE, staff, "box")
