"""From what a mail is about to its text: short, plain, in the reader's language.

1. An address is parsed once, to what stands on the wire: the domain in ASCII (RFC 5891), the part before it as it is.
   What could begin another header or another recipient is no address.
2. A value in a text is one line without signs that cannot be seen; a text is filled once, so that no value is taken
   for a part of it.
3. A text names what happened and what to do if it was not the reader. Nobody is asked to follow a link but whoever was
   invited, and that link must lead to this house by TLS, or to this machine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from lockhouse.errors import Invalid
from lockhouse.model.mails import Invite, Letter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.model.mails import Mail

DEFAULT = "en"
MAX_SHOWN = 120
"""Characters of a value in a text."""
MAX_ADDRESS = 254
"""RFC 5321 §4.5.3.1.3: 256 octets with the brackets around it."""
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text of one kind of mail; `$name` stands for a value."""

    subject: str
    text: str


class Texts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One language: its texts by the kind of mail, and its words for values that are words of ours."""

    words: dict[str, str]
    foot: str
    mails: dict[str, Text]


def wire_address(typed: str) -> str:
    """The address as it stands on the wire.

    Raises:
        Invalid: it is no address of one mailbox.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # rarely needed, slow to load

    refused = Invalid("mail", "an e-mail address of one mailbox", got="something else")
    if not typed.isprintable() or len(typed) > MAX_ADDRESS:
        raise refused
    try:
        found = validate_email(typed, check_deliverability=False)
    except (EmailNotValidError, UnicodeError) as err:
        raise refused from err
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


def check_link(link: str) -> None:
    """Raise `Invalid` unless a link leads somewhere by TLS, or to this machine."""
    try:
        parts = urlsplit(link)
        fits = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    except ValueError:
        parts, fits = None, False
    if parts is None or not fits or not parts.hostname or not link.isascii() or not link.isprintable() or " " in link:
        raise Invalid("mail", "a link by https, or to this machine", got="another", hint="set console_url")


def letter_of(mail: Mail, texts: Mapping[str, Texts], *, house: str, mail_id: bytes, at: int) -> Letter:
    """The mail as it goes out.

    Args:
        mail: whose address is as `wire_address` gives it.
        texts: by language; one of them is English.
        house: its name, as its staff know it.
        mail_id: see `Letter`.
        at: see `Letter`.
    """
    language = mail.language if mail.language in texts else DEFAULT
    chosen = texts[language]
    values = _values(mail, chosen.words) | {"house": line(house), "name": line(mail.name)}
    kind = str(type(mail.about).__struct_config__.tag)
    text = chosen.mails[kind]
    return Letter(
        id=mail_id, at=at, to=mail.to, name=line(mail.name), language=language,
        subject=Template(text.subject).substitute(values),
        text=Template(f"{text.text.strip()}\n\n{chosen.foot.strip()}\n").substitute(values),
    )  # fmt: skip


def _values(mail: Mail, words: Mapping[str, str]) -> dict[str, str]:
    """What stands for the names in a text; times in UTC, a word of ours in the reader's language."""
    found = {}
    for name in mail.about.__struct_fields__:
        one = getattr(mail.about, name)
        if isinstance(one, int):
            found[name] = datetime.fromtimestamp(one / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        else:
            found[name] = one if name == "link" else line(words.get(one, one) if name == "means" else one)
    if isinstance(mail.about, Invite):
        check_link(mail.about.link)
    return found


def line(text: str) -> str:
    """One line that shows what it holds, and holds no encoded word that a header would decode to more (RFC 2047 §2)."""
    seen = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    seen = seen.replace("=?", "= ?")
    return seen if len(seen) <= MAX_SHOWN else f"{seen[: MAX_SHOWN - 1]}…"
