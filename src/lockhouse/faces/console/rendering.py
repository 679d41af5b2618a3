"""Pages from templates: everything that is put into one is escaped, and a name that nobody set is an error.

Texts are written in English where they stand, between `_(` and `)`, and shown in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.filters import do_mark_safe
from starlette.responses import HTMLResponse

from lockhouse import __version__
from lockhouse.faces.console import assets, cookies
from lockhouse.faces.console.catalogue import LANGUAGES, catalogue, chosen
from lockhouse.faces.console.closed import why
from lockhouse.faces.console.fields import label, plain
from lockhouse.faces.console.forms import token_of
from lockhouse.faces.console.times import at, day, day_only, hour

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from lockhouse.faces.console.catalogue import Catalogue

_TEXTS = 4_096


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
    made.globals["_"] = made.globals["gettext"] = _said(texts)
    made.globals |= {"asset": assets.address, "language": language, "languages": LANGUAGES, "version": __version__}
    made.filters |= {"at": at, "day": day, "many": many, "hour": hour, "date": day_only}
    made.filters["plain"] = plain
    made.filters |= {
        "label": lambda name: label(name, texts.text), "why": lambda code: why([code], texts.text),
    }  # fmt: skip
    return made


def _said(texts: Catalogue) -> Callable[..., str]:
    """What `_` is in a template: as Jinja's own (escaped places, `%%` for a sign), each text looked up once.

    Some fifty texts stand on a page, and most have no place: those are ready as they stand. What is kept are texts of
    the catalogue and of templates, bounded; a text's places are filled in anew each time.
    """

    @lru_cache(maxsize=_TEXTS)
    def whole(source: str) -> str:
        return do_mark_safe(texts.text(source)) % {}

    def said(source: str, **places: Any) -> str:
        return do_mark_safe(texts.text(source)) % places if places else whole(source)

    return said


def many(number: int) -> str:
    """A number as a page shows it."""
    return f"{number:,}"


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


def text_of(request: Request) -> Callable[[str], str]:
    """What says a text in the language of whoever asks: for words that a page's own code chooses, as `_`."""
    return catalogue(language_of(request)).text


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A template and what is put into it."""

    template: str
    values: Mapping[str, Any]
    status: int = 200


def response(request: Request, page: Page) -> HTMLResponse:
    """The page as an answer."""
    language, served = language_of(request), request.app.state.served
    shown = {"shop": served.name, "host": served.host, "demo": served.demo, "token": token_of(request), **page.values}
    text = environment(language).get_template(page.template).render(shown)
    made = HTMLResponse(text, status_code=page.status, headers={"content-language": language})
    if cookies.is_before(request) and cookies.before_of(request) != cookies.value_of(request, cookies.BEFORE):
        cookies.keep(request, made, before=cookies.before_of(request))
    return made
