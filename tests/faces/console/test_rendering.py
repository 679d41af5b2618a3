"""What `_` says in a template: as Jinja's own would, in the reader's language, with everything put into it escaped."""

from __future__ import annotations

import pytest
from jinja2 import Environment

from lockhouse.faces.console.catalogue import LANGUAGES, catalogue
from lockhouse.faces.console.rendering import environment

TEXTS = (
    '{{ _("Sign in") }}', '{{ _("A & B") }}', '{{ _("by %(who)s", who=name) }}', '{{ _("100%% of it") }}',
    '{{ _("%(n)s%% of %(who)s", n=1, who=name) }}', '<a title="{{ _("Ended %(time)s", time=name) }}">',
    '{{ gettext("by %(who)s", who=name) }}',
)  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_said_as_jinjas_own_says_it_however_often(text: str, language: str) -> None:
    own = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    texts = catalogue(language)
    own.install_gettext_callables(texts.text, texts.plural, newstyle=True)  # type: ignore[attr-defined]
    expected = own.from_string(text).render(name="<b>Mia & Jo</b>")
    ours = environment(language).from_string(text)
    assert [ours.render(name="<b>Mia & Jo</b>") for _ in range(2)] == [expected, expected]
    assert "<b>" not in expected


def test_what_is_put_into_a_text_is_not_kept_for_the_next_reader() -> None:
    made = environment("en").from_string('{{ _("by %(who)s", who=name) }}')
    assert [made.render(name=name) for name in ("Mia", "Jo", "Mia")] == ["by Mia", "by Jo", "by Mia"]
