"""The one way out by mail: to one server that the settings name, over TLS whose certificate is verified.

A connection in plain goes to this machine only. What a server says in words is not kept: it repeats the address. Only
the status counts, and whether it is about this mail or about how the house sends (its sign-in, its sender).
"""

from __future__ import annotations

import asyncio
import os
import ssl
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TYPE_CHECKING, Literal

import aiosmtplib

from lockhouse.access.letters import wire_address
from lockhouse.errors import Invalid, Unavailable
from lockhouse.model.ports import MailAnswer

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.mails import Letter

TIMEOUT_S = 30.0
"""For the whole exchange; a server that lets callers wait longer (RFC 5321 §4.5.3.2 allows minutes) is asked again."""
GOODBYE_S = 2.0
TAKEN = 250
REFUSES = 400
"""From here on a reply is a refusal (RFC 5321 §4.2.1)."""
CANNOT = 553
"""Mailbox name not allowed (RFC 6531 §3.5): the server cannot take an address that is not ASCII."""
MAX_PASSWORD_BYTES = 4_096
_OTHERS = 0o077
_ENCODED_WORD = "=?"
"""What begins an encoded word (RFC 2047 §2). A header reads its text again and decodes one, line ends and all."""
Transport = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The mail server and how the house signs in there.

    Attributes:
        user: none: no sign-in. `password_file`: read at each sign-in, so that a new password needs no restart.
        trust: a PEM file of certificate authorities instead of the system's; empty: the system's.
        sender: the address that mail comes from, as it stands on the wire. `shown`: the name beside it.
    """

    host: str
    port: int
    tls: Transport
    user: str
    password_file: Path | None
    trust: str
    sender: str
    shown: str


class _Client(aiosmtplib.SMTP):
    """Lets a connection go at once: by then the server has answered, or is not waited for any more."""

    def close(self) -> None:
        """Without the farewell of TLS, for which a loop that ends would have to wait."""
        transport = self.transport
        super().close()
        if transport is not None:
            transport.abort()  # type: ignore[attr-defined]  # each transport of a stream has it


class SmtpMail:
    """`OutboundMail` over SMTP; a connection a mail, as there are few."""

    def __init__(self, server: Server, *, within_s: float = TIMEOUT_S) -> None:
        """Nothing is connected yet. `within_s`: what one exchange may take, in seconds."""
        self._server = server
        self._within_s = within_s

    async def send(self, letter: Letter) -> MailAnswer:
        """See the port."""
        message = message_of(letter, self._server)
        client = self._client()
        try:
            async with asyncio.timeout(self._within_s):
                return await _handed_over(client, message, sender=self._server.sender, to=letter.to)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return _refused(refused.recipients[0].code)
        except aiosmtplib.SMTPDataError as refused:
            return _refused(refused.code)
        except aiosmtplib.SMTPResponseException as refused:
            return MailAnswer(status=refused.code, about="house")
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as err:
            # The library's bare error is what it raises of a server that lacks an extension which was asked for.
            lacks = type(err) in {aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported}
            raise (_lacking() if lacks else _no_answer(err)) from err
        finally:
            await _goodbye(client)

    def _client(self) -> _Client:
        server = self._server
        is_plain = server.tls == "none"
        return _Client(
            hostname=server.host, port=server.port, timeout=self._within_s, username=server.user or None,
            password=_password(server.password_file) if server.user and server.password_file else None,
            # Its default would ask the resolver for this machine's name, and tell it.
            local_hostname=server.sender.rpartition("@")[2],
            use_tls=server.tls == "tls", start_tls=server.tls == "starttls",
            tls_context=None if is_plain else _context(server.trust),
        )  # fmt: skip


def _refused(status: int) -> MailAnswer:
    """What a server says of a mail that it did not take. A word of success there is a server that lost its place."""
    return MailAnswer(status=status, about="mail" if status >= REFUSES else "house")


async def _handed_over(client: aiosmtplib.SMTP, message: EmailMessage, *, sender: str, to: str) -> MailAnswer:
    """The server has taken it; whatever becomes of the connection afterwards, it is sent."""
    await client.connect()
    if not to.isascii():
        await client.ehlo()
        if not client.supports_extension("smtputf8"):
            return MailAnswer(status=CANNOT, about="mail")
    await client.send_message(message, sender=sender, recipients=[to])
    return MailAnswer(status=TAKEN, about="mail")


async def _goodbye(client: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        if client.is_connected:
            await client.quit(timeout=GOODBYE_S)
    client.close()
    await asyncio.sleep(0)  # the loop's next turn closes it


def message_of(letter: Letter, server: Server) -> EmailMessage:
    """The letter as a message of RFC 5322.

    Raises:
        Invalid: an address or a header that would be more than one.
    """
    if wire_address(letter.to) != letter.to:
        raise Invalid("mail", "an address as it stands on the wire", got="another form")
    if any(_ENCODED_WORD in one for one in (server.shown, letter.name, letter.subject)):
        raise _not_one_line()
    message = EmailMessage(policy=policy.SMTP if letter.to.isascii() else policy.SMTPUTF8)
    try:
        message["From"] = _address(server.shown, server.sender)
        message["To"] = _address(letter.name, letter.to)
        message["Subject"] = letter.subject
        message["Date"] = datetime.fromtimestamp(letter.at / 1000, UTC)
        message["Message-ID"] = f"<{letter.id.hex()}@{server.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday replies do not answer it
    except ValueError as err:
        raise _not_one_line() from err
    message.set_content(letter.text, cte="quoted-printable")
    message["Content-Language"] = letter.language  # behind the text, which takes headers of its own for a former one's
    return message


def _not_one_line() -> Invalid:
    return Invalid("mail", "one line of name and of subject", got="another form")


def _address(shown: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    return Address(display_name=shown, username=user, domain=domain)


def _lacking() -> Unavailable:
    return Unavailable(
        "mail server: expected one that offers STARTTLS and a sign-in as the settings want them, got one without",
        hint="smtp_tls and smtp_port in lockhouse.toml say how it is reached; smtp_user whether to sign in",
    )


def _no_answer(err: BaseException) -> Unavailable:
    cause: BaseException | None = err
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Unavailable(
                "mail server: expected TLS with a certificate of its name that verifies, got none",
                hint="smtp_host, smtp_port and smtp_tls in lockhouse.toml, and smtp_trust for authorities of your own",
            )
        cause = cause.__cause__ or cause.__context__
    return Unavailable(
        "mail server: expected an answer", retry_after_s=60.0,
        hint="smtp_host and smtp_port in lockhouse.toml name it; is it up, and does a firewall let this machine out?",
    )  # fmt: skip


def _context(trust: str) -> ssl.SSLContext:
    """What verifies the server's certificate.

    Raises:
        Unavailable: the authorities that the settings name cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=trust or None)
    except OSError as err:  # an SSLError is one
        raise Unavailable(
            "smtp_trust: expected a PEM file with certificates, got none", hint="leave it empty for the system's own"
        ) from err


def _password(file: Path) -> str:
    """The password in a file of mode 0600, without the line's end.

    Raises:
        Unavailable: there is none, it is empty, or others can read it.
    """
    hint = "write it to the file that smtp_password_file names, mode 0600"
    try:
        with file.open("rb") as stream:
            mode = stat.S_IMODE(os.fstat(stream.fileno()).st_mode)
            read = stream.read(MAX_PASSWORD_BYTES).rstrip(b"\r\n").decode("utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise Unavailable("smtp_password_file: expected a file with a password, got none", hint=hint) from err
    if mode & _OTHERS:
        raise Unavailable("smtp_password_file: expected mode 0600, got one that others can read", hint=hint)
    if not read:
        raise Unavailable("smtp_password_file: expected a password, got an empty file", hint=hint)
    return read
