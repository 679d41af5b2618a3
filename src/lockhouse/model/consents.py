"""What a file says of consent: one word on one purpose, of whoever has one identifier, and when it was said."""

from __future__ import annotations

from typing import Literal

import msgspec

Form = Literal["csv", "klaviyo", "mailchimp", "shopify"]
FORMS: tuple[Form, ...] = ("csv", "klaviyo", "mailchimp", "shopify")


class Statement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One word.

    Attributes:
        line: where its row begins in the file.
        field: of the policy, an identifier; `value`: as it stands in the file, so it is held in memory only.
        word: a purpose, or a word that `consent.names` maps.
        at: ms; when it was said.
        note: where it was said or how it was shown, as one word; None if the file does not say.
    """

    line: int
    field: str
    value: str
    word: str
    granted: bool
    at: int
    note: str | None = None


class Silent(msgspec.Struct, frozen=True, gc=False):
    """A row that says nothing of consent, and why: `never-subscribed`, `cleaned`."""

    line: int
    why: str
