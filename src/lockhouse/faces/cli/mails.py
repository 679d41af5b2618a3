"""Mail that is not sent, in words: why, and what the doctor sees of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Tampered
from lockhouse.flows.mail import ANSWERED, NO_ANSWER, REFUSED_HOUSE, TAMPERED, UNSENDABLE, waiting_mail
from lockhouse.gates.mail import GIVEN_UP
from lockhouse.posture.world import Mail

if TYPE_CHECKING:
    from lockhouse.wiring import Opened

UNSET = "set smtp_host, mail_from and what else docs/operations/mail.md says in lockhouse.toml"
LATE_MS = 15 * 60_000
"""A mail that is due for longer is not only the next round's."""
TRIES = 3
"""So many in vain are no hiccup of the server's any more."""
_WORDS = {
    NO_ANSWER: "the mail server gave no answer, or its certificate does not verify",
    TAMPERED: "its row was changed by hand, and nothing of it opens",
    UNSENDABLE: "its address or its name is none that a mail can carry",
}


def in_words(reason: str | None) -> str:
    """Why a mail was not taken, in plain words; `-` when it was not tried."""
    if reason is None:
        return "-"
    if reason.startswith(REFUSED_HOUSE):
        status = reason.removeprefix(REFUSED_HOUSE)
        return f"the mail server answered {status} to the house's sign-in or sender"
    if reason.startswith(ANSWERED):
        return f"the mail server answered {reason.removeprefix(ANSWERED)} to its recipient or text"
    return _WORDS.get(reason, "unknown")


async def seen_mail(opened: Opened) -> Mail:
    """What the doctor sees of it."""
    is_set = bool(opened.settings.smtp_host)
    try:
        rows = await waiting_mail(opened.house)
    except Tampered as error:
        return Mail(is_set=is_set, spoilt=error.text, mend=error.hint)
    now = opened.house.clock.now_ms()
    given_up = [row for row in rows if row.state == GIVEN_UP]
    stuck = [
        row for row in rows if row.state != GIVEN_UP and (row.attempts >= TRIES or row.run_at + LATE_MS < now)
    ]  # fmt: skip
    why = next((in_words(row.reason) for row in stuck if row.reason), "no worker has tried yet: lockhouse serve")
    if not is_set:
        why = "lockhouse.toml names no mail server"
    return Mail(is_set=is_set, given_up=len(given_up), stuck=len(stuck), why=why)
