"""`lockhouse mail …`: whether the house's own mail to its staff goes out."""

from __future__ import annotations

from os import urandom
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from lockhouse.access.letters import letter_of, wire_address
from lockhouse.errors import Unavailable
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, Input, id_of, noun
from lockhouse.faces.cli.layout import Said, count, table, when
from lockhouse.faces.cli.mails import UNSET, in_words
from lockhouse.faces.standing import mail_told
from lockhouse.flows.mail import retry_mail, waiting_mail
from lockhouse.model.mails import Mail, Trial
from lockhouse.wiring import SystemClock
from lockhouse.wiring_mail import out_in

if TYPE_CHECKING:
    from lockhouse.flows.mail import Out
    from lockhouse.model.ports import MailAnswer

APP = noun("mail", "The house's own mail to its staff: what waits, and whether it goes out.")
EXAMPLE = "echo you@firm.example | lockhouse mail test -"
HEADS = ("mail", "kind", "state", "tries", "next try", "goes at", "last fault")
Language = Annotated[Literal["de", "en"], Parameter(name="--language")]


@APP.command(name="list")
async def list_(*, call: Here) -> Said:
    """Every mail that is not sent: its kind, how often it was tried, why in vain; never to whom or what it says."""
    async with call.open() as opened:
        rows = await waiting_mail(opened.house)
    return waiting([mail_told(row) for row in rows])


def waiting(mails: list[dict[str, Any]]) -> Said:
    """Mail that is not sent, as it was told."""
    rows = [
        (one["id"], one["kind"], one["state"], one["attempts"], when(one["next_at"]), when(one["until_at"]),
         in_words(one["reason"]))
        for one in mails
    ]  # fmt: skip
    return Said(mails, table(HEADS, rows, empty="no mail waits"))


@APP.command
async def retry(mail: str | None = None, /, *, acting: As | None = None, call: Here) -> Said:
    """Let mail that was given up wait again, and try at once what waits for its next try.

    Args:
        mail: id of one, as `mail list` prints it; all without one.
        acting: the role.
    """
    own = None if mail is None else id_of(mail, where="mail", hint="lockhouse mail list prints ids")
    async with call.open() as opened:
        allowed(opened.house, "mail.retry", (acting or As()).role)
        number = await retry_mail(opened.house, own)
    return retried({"retried": number})


def retried(told: dict[str, Any]) -> Said:
    """How many will be tried again."""
    return Said(told, f"{count(told['retried'], 'mail')} will be tried again by `lockhouse serve`.")


@APP.command(name="test")
async def try_out(source: Input = None, /, *, language: Language = "en", call: Here) -> Said:
    """Send one mail at once, to an address that is asked for, and say what the mail server answered.

    Args:
        source: `-` reads the address from standard input.
        language: of its text.
    """
    out = _out(call)
    to = wire_address(call.terminal.personal("address", source, example=call.located(EXAMPLE)))
    at = (call.clock or SystemClock()).now_ms()
    trial = Mail(to=to, name="", language=language, until_at=at, about=Trial())
    answer = await out.way.send(letter_of(trial, out.texts, house=out.house, mail_id=urandom(16), at=at))
    if not is_taken(answer):
        raise Unavailable(f"mail server: expected it to take the mail, got status {answer.status}", hint=why(answer))
    return Said(
        {"taken": True, "status": answer.status},
        "The mail server has taken it. Whether it arrives, whoever reads that mailbox can say.",
    )


def _out(call: Here) -> Out:
    """How the house sends mail.

    Raises:
        Unavailable: it sends none.
    """
    out = out_in(call.folder())
    if out is None:
        raise Unavailable("mail: expected a mail server in the settings, got none", hint=UNSET)
    return out


def is_taken(answer: MailAnswer) -> bool:
    """Whether it is the server's to deliver (RFC 5321 §4.2.1)."""
    return 200 <= answer.status < 300  # noqa: PLR2004


def why(answer: MailAnswer) -> str:
    """What an answer that is no yes is about, and who can mend it."""
    if answer.about == "house":
        return "it does not take the house's sign-in or sender: see smtp_user, smtp_password_file and mail_from"
    return "it does not take this address: is it right, and may the house send to it?"
