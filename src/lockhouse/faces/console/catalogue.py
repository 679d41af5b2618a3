"""The console's texts in other languages: gettext's files as translators write them, read when a process begins.

What is read is the part of the PO format that the catalogues of this package use (GNU gettext manual, "The Format of PO
Files"): entries of `msgid`, `msgid_plural`, `msgstr` and `msgstr[N]` in double quotes, comments, and the flag `fuzzy`,
which leaves an entry out. So a package needs no compiled file, and a build no compiler.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE: Final = "en"
"""The language that the texts are written in: it needs no catalogue."""
LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
"""What each is called by those who speak it. All of them know two numbers, one and any other."""
_ESCAPES: Final = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr|msgstr\[(\d+)\])\s+)?"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Texts of one language by the text of the source."""

    language: str
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self, source: str) -> str:
        """A text; as it was written where no other is known."""
        return self.texts.get(source, (source,))[0]

    def plural(self, one: str, many: str, number: int) -> str:
        """The text that goes with a number."""
        known = self.texts.get(one)
        if known is None or len(known) == 1:
            return one if number == 1 else many
        return known[0] if number == 1 else known[1]


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language; of the source for one that is not among `LANGUAGES`."""
    if language == SOURCE or language not in LANGUAGES:
        return Catalogue(language=SOURCE)
    file = files("lockhouse.faces.console") / "locale" / f"{language}.po"
    return Catalogue(language=language, texts=read(file.read_text(encoding="utf-8")))


def read(text: str) -> dict[str, tuple[str, ...]]:
    """The translations of a PO file: whatever is translated, and not fuzzy."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in re.split(r"\n{2,}", text):
        lines = entry.splitlines()
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        parts = _parts(lines)
        source = parts.get("msgid", "")
        forms = tuple(parts[name] for name in ("msgstr", "msgstr[0]", "msgstr[1]") if parts.get(name))
        if source and forms:
            found[source] = forms
    return found


def _parts(lines: list[str]) -> dict[str, str]:
    parts: dict[str, str] = {}
    for name, text in _strings(lines):
        parts[name] = parts.get(name, "") + text
    return parts


def _strings(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Each string, under the word that it, or a line before it, began with."""
    name = ""
    for line in lines:
        match = _LINE.fullmatch(line.strip())
        if match is not None and not line.startswith("#"):
            name = match[1] or name
            yield name, _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), match[3])


def chosen(accepted: str) -> str:
    """The language that a browser would rather have, of those that the console speaks (RFC 9110 §12.5.4)."""
    ranked = []
    for part in accepted.split(",")[:_MOST_ASKED]:
        tag, _, rest = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = rest.strip().removeprefix("q=") if rest else "1"
        if language in LANGUAGES and _QUALITY.fullmatch(quality):
            ranked.append((-float(quality), language))
    ranked = sorted((one for one in ranked if one[0]), key=lambda one: one[0])  # as they stand, where they are equal
    return ranked[0][1] if ranked else SOURCE


_MOST_ASKED = 20
_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
