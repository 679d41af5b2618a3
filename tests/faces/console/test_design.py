"""The design system holds what it says: contrasts as measured, parts that escape, texts that are translated."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from babel.messages.pofile import read_po
from jinja2 import UndefinedError

from lockhouse.faces.console.catalogue import LANGUAGES, SOURCE, catalogue, chosen, read
from lockhouse.faces.console.rendering import environment
from tests.faces.console import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

STATIC = Path(__file__).parents[3] / "src/lockhouse/faces/console/static"
TEMPLATES = STATIC.parent / "templates"
LEAST: dict[str, dict[str, float]] = {
    "edge": {"paper": 3, "ground": 3}, "ink": {"paper": 7, "ground": 7, "sunk": 7},
    "ink-2": {"paper": 7, "ground": 6, "sunk": 5}, "ink-3": {"paper": 4.5, "ground": 4.5, "sunk": 4.5},
    "on-beam": {"beam": 7}, "on-beam-2": {"beam": 4.5},
    "accent": {"paper": 4.5, "ground": 4.5, "accent-wash": 4.5, "sunk": 4.5},
    "accent-2": {"paper": 7, "accent-wash": 5}, "on-accent": {"accent": 4.5, "accent-2": 4.5},
    "stored": {"paper": 4.5, "ground": 4.5}, "stored-fill": {"paper": 3},
    "trimmed": {"paper": 4.5, "ground": 4.5, "trimmed-wash": 4.5}, "held": {"paper": 4.5, "ground": 4.5},
    "refused": {"paper": 4.5, "ground": 4.5, "refused-wash": 4.5}, "on-refused": {"refused": 4.5},
    "good": {"paper": 4.5, "ground": 4.5}, "masked": {"paper": 4.5, "ground": 4.5},
    "revealed": {"revealed-wash": 7},
}  # fmt: skip
"""Colour -> what it is written on -> the least contrast: 4.5 for text and 3 for edges (WCAG 2.2, 1.4.3 and 1.4.11)."""
_COLOUR = re.compile(r"--([a-z0-9-]+):\s+(#[0-9a-f]{6});(?:\s+/\* (.*?) \*/)?")


def _themes() -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Theme -> (name -> colour, name -> comment)."""
    light, dark = (STATIC / "tokens.css").read_text("utf-8").split("@media (prefers-color-scheme: dark)")
    found = {}
    for theme, text in (("light", light), ("dark", dark)):
        colours = _COLOUR.findall(text)
        found[theme] = ({name: value for name, value, _ in colours}, {name: note for name, _, note in colours})
    return found


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", LEAST)
def test_every_colour_stands_out_from_what_it_is_written_on_as_its_comment_says(name: str, theme: str) -> None:
    colours, notes = _themes()[theme]
    measured = {ground: _contrast(colours[name], colours[ground]) for ground in LEAST[name]}
    assert {ground for ground, ratio in measured.items() if ratio < LEAST[name][ground]} == set()
    assert notes[name].endswith(" · " + ", ".join(f"{ratio:.1f} on {ground}" for ground, ratio in measured.items()))


def test_both_themes_name_the_same_colours_and_yellow_means_open_in_both() -> None:
    (light, _), (dark, _) = _themes().values()
    assert set(light) == set(dark)
    assert len(light) == 27


def test_components_name_no_colour_size_of_type_or_font_but_by_its_token() -> None:
    css = re.sub(r"/\*.*?\*/", "", (STATIC / "base.css").read_text("utf-8"), flags=re.DOTALL)
    assert re.findall(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", css) == []
    assert re.findall(r"font-size: (?!var\(|0\.94em)[^;}]+", css) == []
    used = set(re.findall(r"var\(--([a-z0-9-]+)", css))
    assert used <= set(re.findall(r"--([a-z0-9-]+):", (STATIC / "tokens.css").read_text("utf-8")))


def test_no_class_stands_in_a_style_or_a_template_alone() -> None:
    css = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "", (STATIC / "base.css").read_text("utf-8"), flags=re.DOTALL)
    styled = set(re.findall(r"\.([a-z][a-z0-9-]*)", css))
    pages = "".join(file.read_text("utf-8") for file in TEMPLATES.rglob("*.html"))
    said = " ".join(re.findall(r'class="([^"]*)"', pages))
    given = (
        " ".join(re.findall(r'"([a-z ]+)"', pages))
        + " entry good wait refused stored c-held c-refused c-stored c-trimmed is-refused"
    )  # a part's kind, a state's mark
    used = set(re.findall(r"[a-z][a-z0-9-]*", f"{said} {given}"))
    assert styled - used == set()
    assert set(re.findall(r"[a-z][a-z-]*", re.sub(r"\{[{%].*?[%}]\}", "", said))) - styled == set()


def _parts() -> Any:
    return environment("en").get_template("parts.html").module


def test_a_part_shows_whatever_it_is_given_as_text() -> None:
    parts = _parts()
    evil = '"><script>alert(1)</script>'
    shown = [
        parts.mark("good", evil), parts.level(2, evil), parts.tag(evil), parts.note("look", evil, evil, evil),
        parts.problems({evil: evil}), parts.field("name", evil, evil, evil, evil, placeholder=evil),
        parts.choice("pick", evil, {evil: evil}, evil, evil), parts.button(evil, "main", evil, evil),
        parts.code("code", evil, evil), parts.steps(evil, [evil, evil], 1),
    ]  # fmt: skip
    for text in map(str, shown):
        assert "<script" not in text
        assert '""' not in text.replace('alt=""', "")


def test_a_field_says_what_is_wrong_with_it_to_whoever_does_not_see_it() -> None:
    field = str(_parts().field("keep", "Keep for", "Months", "Too short"))
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="keep-hint keep-error"' in field
    assert field.index("<label") < field.index("keep-hint") < field.index("keep-error") < field.index("<input")


def test_a_name_that_nobody_set_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError):
        environment("en").from_string("{{ nobody }}").render()


def test_no_template_asks_a_row_for_what_every_mapping_has_as_a_method() -> None:
    # Jinja looks for an attribute before a key: `row.clear` of a row that is a dict is its method, and always true.
    methods = "|".join(name for name in dir(dict) if not name.startswith("_"))
    asked = re.compile(rf"\b(?!loop\b)\w+\.(?:{methods})\b(?!\()")
    found = {file.name: asked.findall(file.read_text("utf-8")) for file in TEMPLATES.rglob("*.html")}
    assert {name: words for name, words in found.items() if words} == {}


def test_no_template_turns_escaping_off_or_holds_script_or_style() -> None:
    for file in TEMPLATES.rglob("*.html"):
        text = file.read_text("utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape|Markup|\sstyle=|\son[a-z]+=|<style|javascript:", text), file.name
        assert re.findall(r"<script(?! src=)", text) == [], file.name


@pytest.mark.asvs("6.2.6", "6.2.7")
def test_no_field_for_a_password_shows_it_or_keeps_a_password_manager_out() -> None:
    text = "\n".join(file.read_text("utf-8") for file in TEMPLATES.rglob("*.html"))
    calls = re.findall(r'field\("[^\n]*', text)
    passwords = [call for call in calls if re.match(r'field\("(?:new_)?password', call)]
    assert len(passwords) >= 2
    for call in passwords:
        assert 'type="password"' in call
        assert re.search(r'autocomplete="(?:current|new)-password"', call)
    assert "onpaste" not in text


@pytest.mark.asvs("14.3.3")
def test_no_script_keeps_anything_in_the_browser() -> None:
    scripts = sorted(STATIC.glob("*.js"))
    assert scripts
    for file in scripts:
        said = re.findall(r"localStorage|sessionStorage|indexedDB|caches\b|document\.cookie", file.read_text("utf-8"))
        assert said == [], file.name


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {SOURCE}))
def test_a_catalogue_has_every_text_translated_and_none_that_is_gone(language: str) -> None:
    file = texts.catalogue_file(language)
    assert file.read_bytes() == texts.written(texts.updated(language)), "python -m tests.faces.console.texts"
    with file.open("rb") as stream:
        kept = read_po(stream, locale=language)
    assert [message.id for message in kept if message.id and message.fuzzy] == []
    assert [
        message.id for message in kept if message.id and not all(chain.from_iterable([_forms(message.string)]))
    ] == []
    for message in kept:
        if message.id:
            assert [str(error) for error in message.check(kept)] == []
            wanted = _places(*_forms(message.id))
            forms = _forms(message.string)  # the singular may say "one" instead of its number
            assert all(_places(form) <= wanted for form in forms), message.id
            assert _places(forms[-1]) == wanted, message.id


def _forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    if text is None:
        return ()
    return (text,) if isinstance(text, str) else tuple(text)


def _places(*forms: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", " ".join(forms)))


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {SOURCE}))
def test_our_reader_finds_in_a_catalogue_what_babel_finds(language: str) -> None:
    with texts.catalogue_file(language).open("rb") as stream:
        theirs = {_forms(one.id)[0]: _forms(one.string) for one in read_po(stream, locale=language) if one.id}
    assert catalogue(language).texts == theirs
    assert len(theirs) > 10


def test_what_is_fuzzy_or_empty_is_shown_as_it_was_written() -> None:
    told = read(
        '# a comment\nmsgid "a"\nmsgstr "A"\n\n#, fuzzy\nmsgid "b"\nmsgstr "B"\n\nmsgid "c"\nmsgstr ""\n\n'
        'msgid ""\n"two "\n"lines\\n"\nmsgstr "\\"zwei\\"\\\\"\n"!"\n\n'
        'msgid "one"\nmsgid_plural "many"\nmsgstr[0] "eins"\nmsgstr[1] "viele"\n'
    )
    assert told == {"a": ("A",), "two lines\n": ('"zwei"\\!',), "one": ("eins", "viele")}
    german = catalogue("de")
    assert german.text("a text that nobody wrote") == "a text that nobody wrote"
    assert [german.plural("%(num)d x", "%(num)d xs", number) for number in (0, 1, 2)] == [
        "%(num)d xs", "%(num)d x", "%(num)d xs",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"), ("de", "de"), ("de-AT", "de"), ("DE", "de"), ("fr,de;q=0.4", "de"), ("en;q=0.3,de;q=0.9", "de"),
        ("de;q=0", "en"), ("de;q=2", "en"), ("de;q=nan", "en"), ("en,de", "en"), ("*", "en"), (",;q=,de;", "de"),
        ("x," * 5_000 + "de", "en"), ("../../etc/passwd", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_one_a_browser_would_rather_have(asked: str, language: str) -> None:
    assert chosen(asked) == language
