"""The console's texts as its sources have them, and the catalogues brought up to them.

`python -m tests.faces.console.texts` writes the catalogues anew: new texts come in empty, changed ones fuzzy, and both
fail a test until somebody has translated them.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from lockhouse.faces.console.catalogue import LANGUAGES, SOURCE
from lockhouse.faces.outcomes import CODES

HERE = Path(__file__).parents[3] / "src/lockhouse/faces/console"
_METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}


def source() -> Catalog:
    """Every text that a page may show."""
    made = Catalog(project="Lockhouse", charset="utf-8")
    for file, _, text, comments, _ in extract_from_dir(
        HERE, _METHODS, _OPTIONS, keywords={"_": None, "ngettext": (1, 2)}
    ):
        made.add(text, locations=[(file, 0)], auto_comments=comments)
    for code, answer in CODES.items():
        for text in (answer.sentence, answer.change) if code.startswith("LH-3") else (answer.sentence,):
            if code.startswith(("LH-3", "LH-5")):
                made.add(text, locations=[("outcomes.py", 0)])
    return made


def catalogue_file(language: str) -> Path:
    """Where a language's catalogue is."""
    return HERE / "locale" / f"{language}.po"


def updated(language: str) -> Catalog:
    """A language's catalogue, with exactly the texts of the sources."""
    file = catalogue_file(language)
    made = read_po(io.BytesIO(file.read_bytes()), locale=language) if file.exists() else Catalog(language)
    made.update(source(), no_fuzzy_matching=False)
    made.obsolete.clear()
    return made


def written(catalog: Catalog) -> bytes:
    """As it stands in its file: sorted, without times, places or names."""
    out = io.BytesIO()
    write_po(out, catalog, width=116, no_location=True, omit_header=True, sort_output=True)
    return out.getvalue()


if __name__ == "__main__":
    for language in set(LANGUAGES) - {SOURCE}:
        catalogue_file(language).write_bytes(written(updated(language)))
