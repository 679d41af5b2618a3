"""Where the mail port meets SMTP: how a house sends mail, and the texts that ship with Lockhouse."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lockhouse import settings
from lockhouse.access.letters import Texts, line
from lockhouse.adapters.mail import Server, SmtpMail
from lockhouse.flows.mail import Out

if TYPE_CHECKING:
    from lockhouse.settings import Settings

LANGUAGES = ("de", "en")


@cache
def texts() -> dict[str, Texts]:
    """The texts of every mail, by language."""
    room = files("lockhouse.access") / "mail_texts"
    raw = {language: (room / f"{language}.toml").read_text(encoding="utf-8") for language in LANGUAGES}
    return {language: msgspec.convert(tomllib.loads(text), Texts) for language, text in raw.items()}


def out_of(chosen: Settings) -> Out | None:
    """How the house of these settings sends mail; None where it sends none."""
    if not chosen.smtp_host:
        return None
    name = chosen.name or "Lockhouse"
    server = Server(
        host=chosen.smtp_host, port=chosen.smtp_port, tls=chosen.smtp_tls, trust=chosen.smtp_trust,
        user=chosen.smtp_user, sender=chosen.mail_from, shown=line(chosen.mail_name or name),
        password_file=Path(chosen.smtp_password_file) if chosen.smtp_password_file else None,
    )  # fmt: skip
    return Out(way=SmtpMail(server), texts=texts(), house=name)


def out_in(folder: Path) -> Out | None:
    """The same, of the house in a folder, which is not opened.

    Raises:
        Invalid: a setting is wrong.
    """
    return out_of(settings.load(folder, os.environ))


__all__ = ["LANGUAGES", "out_in", "out_of", "texts"]
