"""Whether the house's own mail to its staff goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lockhouse.posture.world import House

PAGE = "docs/operations/mail.md"
NONE = f"No mail is sent: lockhouse.toml names no mail server ({PAGE})."
SET_UP = f"in lockhouse.toml set smtp_host, mail_from and what else {PAGE} says, then lockhouse mail test"


def standing(house: House) -> tuple[Literal["PASS", "FAIL"], str, str]:
    """State, sentence and mend. A house without a mail server is fine, as long as nothing waits for one."""
    mail = house.mail
    if mail.spoilt:
        return "FAIL", f"Mail cannot be read through: {mail.spoilt}.", f"{mail.mend} ({PAGE})"
    told = []
    if mail.given_up:
        told.append(f"{mail.given_up} could not be sent and {'were' if mail.given_up > 1 else 'was'} given up")
    if mail.stuck:
        told.append(f"{mail.stuck} wait{'s' * (mail.stuck == 1)}: {mail.why}")
    if not told:
        return "PASS", "Mail to staff goes out." if mail.is_set else NONE, ""
    mend = "lockhouse mail list, lockhouse mail test, then lockhouse mail retry" if mail.is_set else SET_UP
    return "FAIL", f"Of the mails to staff {', and '.join(told)}.", mend
