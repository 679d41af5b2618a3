"""What is still English on a page in another language, as its catalogue can tell.

A word counts that stands in texts of the source and in no translation; what members, senders and the policy call things
is theirs, and is named by the test.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from lockhouse.faces.console.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[a-z]{3,}")
_CODED = r"\S+@\S+|\S+\.example\b\S*|\b[a-z]+\.(?:\*|[a-z-]+)(?![\w-])|lockhouse [a-z -]+|os-user:\d+|LH-\d+"
"""Permissions, addresses, commands, accounts of a machine and codes: the same in every language."""
_LONG = 30
"""Letters of what is a text, and is passed over wherever it stands; shorter ones are words."""
_PLACE = re.compile(r"%\(\w+\)[sd]")


def _words(*texts: str) -> set[str]:
    return {word for text in texts for word in _WORD.findall(_PLACE.sub(" ", text).lower())}


@cache
def english(language: str) -> frozenset[str]:
    """Words that only the source has."""
    texts = catalogue(language).texts
    translated = [form for forms in texts.values() for form in forms]
    return frozenset(_words(*texts) - _words(*translated))


def left(texts: Iterable[str], *, language: str, known: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The words that nobody translated, each with the text that it stands in.

    Args:
        texts: of a page.
        language: of the page.
        known: what stands on a page in whatever language it was written; longer ones are looked for first.
    """
    theirs = sorted({one for one in known if one}, key=len, reverse=True)
    texts_of, words_of = (
        "|".join(re.escape(one) for one in theirs if (len(one) > _LONG) is is_long) or r"\b\B"
        for is_long in (True, False)
    )
    said = re.compile(rf"{texts_of}|(?<![\w-])(?:{words_of})(?![\w-])|{_CODED}", re.IGNORECASE)
    for text in texts:
        rest = said.sub(" ", text)
        yield from ((word, text[:120]) for word in sorted(_words(rest) & english(language)))
