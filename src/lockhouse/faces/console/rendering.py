"""Pages from templates: everything that is put into one is escaped, and a name that nobody set is an error.

Texts are written in English where they stand, between `_(` and `)`, and shown in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from lockhouse import __version__
from lockhouse.faces.console import assets
from lockhouse.faces.console.catalogue import LANGUAGES, catalogue, chosen
from lockhouse.faces.console.times import at, day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

LANGUAGE_COOKIE: Final = "__Host-lh-language"


@cache
def environment(language: str) -> Environment:
    """The templates, as they are shown in a language."""
    made = Environment(
        loader=PackageLoader("lockhouse.faces.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        extensions=["jinja2.ext.i18n"],
    )
    texts = catalogue(language)
    made.install_gettext_callables(texts.text, texts.plural, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {"asset": assets.address, "language": language, "languages": LANGUAGES, "version": __version__}
    made.filters |= {"at": at, "day": day}
    return made


def load_all() -> None:
    """Every template is compiled in every language: a process that serves reads no file of its package any more."""
    for language in LANGUAGES:
        made = environment(language)
        for name in made.list_templates():
            made.get_template(name)
    for name in assets.FILES:
        assets.address(name)


def language_of(request: Request) -> str:
    """The language of whoever asks: as their account has it, else as their browser asks."""
    return getattr(request.state, "language", "") or chosen(request.headers.get("accept-language", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A template and what is put into it."""

    template: str
    values: Mapping[str, Any]
    status: int = 200


def response(request: Request, page: Page) -> HTMLResponse:
    """The page as an answer."""
    language = language_of(request)
    shown = {"shop": request.app.state.served.name, "host": request.app.state.served.host, **page.values}
    text = environment(language).get_template(page.template).render(shown)
    return HTMLResponse(text, status_code=page.status, headers={"content-language": language})
