"""`lockhouse mail …`: whether the house's own mail to its staff goes out."""

from __future__ import annotations

from os import urandom
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from lockhouse.access.letters import letter_of, wire_address
from lockhouse.errors import Unavailable
from lockhouse.faces.cli.call import Here, Input, noun
from lockhouse.faces.cli.layout import Said
from lockhouse.model.mails import Mail, Trial
from lockhouse.wiring import SystemClock
from lockhouse.wiring_mail import Post, post_in, texts

if TYPE_CHECKING:
    from lockhouse.model.ports import MailAnswer

APP = noun("mail", "The house's own mail to its staff: what waits, and whether it goes out.")
NONE = "set smtp_host, mail_from and what else docs/operations/mail.md says in lockhouse.toml"
EXAMPLE = "echo you@firm.example | lockhouse mail test -"
Language = Annotated[Literal["de", "en"], Parameter(name="--language")]


@APP.command(name="test")
async def try_out(source: Input = None, /, *, language: Language = "en", call: Here) -> Said:
    """Send one mail at once, to an address that is asked for, and say what the mail server answered.

    Args:
        source: `-` reads the address from standard input.
        language: of its text.
    """
    post = _post(call)
    to = wire_address(call.terminal.personal("address", source, example=call.located(EXAMPLE)))
    at = (call.clock or SystemClock()).now_ms()
    trial = Mail(to=to, name="", language=language, until_at=at, about=Trial())
    answer = await post.out.send(letter_of(trial, texts(), house=post.house, mail_id=urandom(16), at=at))
    if not is_taken(answer):
        raise Unavailable(f"mail server: expected it to take the mail, got status {answer.status}", hint=why(answer))
    return Said(
        {"taken": True, "status": answer.status},
        "The mail server has taken it. Whether it arrives, whoever reads that mailbox can say.",
    )


def _post(call: Here) -> Post:
    """How the house sends mail.

    Raises:
        Unavailable: it sends none.
    """
    post = post_in(call.folder())
    if post is None:
        raise Unavailable("mail: expected a mail server in the settings, got none", hint=NONE)
    return post


def is_taken(answer: MailAnswer) -> bool:
    """Whether it is the server's to deliver (RFC 5321 §4.2.1)."""
    return 200 <= answer.status < 300  # noqa: PLR2004


def why(answer: MailAnswer) -> str:
    """What an answer that is no yes is about, and who can mend it."""
    if answer.about == "house":
        return "it does not take the house's sign-in or sender: see smtp_user, smtp_password_file and mail_from"
    return "it does not take this address: is it right, and may the house send to it?"
