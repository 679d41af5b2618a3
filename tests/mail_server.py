"""A real mail server on loopback, in a thread of its own: it takes mail, refuses it, or is away."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.faces.serve_world import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

USER, PASSWORD = "vault", "a password of the mail server"


@dataclass
class MailServer:
    """What it got, and what it is to say.

    Attributes:
        answers: to each recipient in turn, before it takes them all. `data`: the same to each text.
        got: the mails it has taken. `to`: their recipients. `secure`: whether each came over TLS.
        asked: how many recipients were named, taken or not.
    """

    host: str = "localhost"
    port: int = field(default_factory=free_port)
    answers: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    sender: str = "250 OK"
    got: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)
    asked: int = 0
    implicit: bool = False
    """Whether it speaks TLS from the first byte: then aiosmtpd itself does not know of it."""

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer.startswith("2"):
            self.raw.append(envelope.content)
            self.got.append(message_from_bytes(envelope.content, policy=policy.default))
            self.to += envelope.rcpt_tos
            self.secure.append(self.implicit or session.ssl is not None)
        return answer

    def settings(self, folder: Path, *, tls: str = "starttls") -> dict[str, Any]:
        """The settings of a house that sends through it."""
        return {
            "smtp_host": self.host, "smtp_port": self.port, "smtp_tls": tls, "mail_from": "vault@northwind.example",
            "smtp_trust": "" if tls == "none" else str(folder / "ca.pem"),
        }  # fmt: skip


@dataclass
class Certified:
    """An authority, and a context with a certificate by it."""

    context: ssl.SSLContext

    @classmethod
    def make(cls, folder: Path, *names: str) -> Certified:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*names).configure_cert(context)
        return cls(context)


@contextmanager
def serving(
    server: MailServer,
    certified: Certified | None,
    *,
    implicit: bool = False,
    signs_in: bool = False,
    utf8: bool = True,
) -> Iterator[MailServer]:
    """The server answers for as long as the block runs; with STARTTLS, TLS from the first byte, or in plain."""
    more: dict[str, Any] = {"enable_SMTPUTF8": utf8}
    if certified is not None:
        more |= {"ssl_context": certified.context} if implicit else {"tls_context": certified.context}
        more |= {"require_starttls": not implicit}
    if signs_in:
        more |= {"authenticator": _judge, "auth_required": True, "auth_require_tls": not implicit}
    server.implicit = implicit and certified is not None
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **more)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _judge(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)
