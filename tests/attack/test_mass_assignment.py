"""Whoever adds a field to a form, of any other form of the house or none, has sent no form; nothing comes of it."""

from __future__ import annotations

import importlib
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from lockhouse.client import shapes
from lockhouse.faces import console
from lockhouse.faces.api.table import ROUTES as API
from lockhouse.faces.console.confirming import STEP
from lockhouse.faces.console.forms import TOKEN
from tests.faces.console.resending import entries_of, page_of
from tests.faces.console.test_resent_forms import BESIDE, ROUTES, STORIES
from tests.faces.console.world import Browser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

_NAMED = re.compile(r'(?:\bname="|\b(?:field|choice)\(")(\w+)"')
_TEMPLATES = Path(console.__file__).parent / "templates"
MAY_BE_LEFT_OUT: Final = frozenset({*STEP, TOKEN, "ends", "kind", "purpose", "reason", "seen", "ticket"})
"""Fields that some form takes and need not have."""
_COLUMNS = """
    actor admin by entry generation hash id is_admin level mac may owner permissions persons roles staff_id state
"""
COLUMNS: Final = frozenset(_COLUMNS.split())
"""What rows call things, as somebody would guess."""
NAMES: Final = (
    frozenset(name for file in _TEMPLATES.rglob("*.html") for name in _NAMED.findall(file.read_text("utf-8"))) | COLUMNS
) - MAY_BE_LEFT_OUT


@contextmanager
def crowding() -> Iterator[dict[str, list[str]]]:
    """Before each form is sent it is sent with a field more, once for every name; form -> what was answered wrongly."""
    found: dict[str, list[str]] = {}
    once = Browser.post

    async def crowded(self: Browser, path: str, fields: Mapping[str, str], *, on: httpx.Response, **more: str) -> Any:
        wrong = found.setdefault(page_of(self, path), [])
        before = await entries_of(self)
        for name in sorted(NAMES - set(fields)):
            answer = await once(self, path, {**fields, name: "1"}, on=on, **more)
            if answer.status_code < 400 or not re.search(r"LH-30(0[2-9]|11)", answer.text):
                wrong.append(f"{name}: {answer.status_code}")
        if await entries_of(self) != before:
            wrong.append("something was noted")
        return await once(self, path, fields, on=on, **more)

    Browser.post = crowded  # type: ignore[method-assign]
    try:
        yield found
    finally:
        Browser.post = once  # type: ignore[method-assign]


@pytest.mark.parametrize("story", STORIES)
async def test_a_form_with_a_field_of_any_other_form_does_nothing(story: str, tmp_path: Path) -> None:
    module, _, name = story.partition(":")
    with crowding() as found:
        await getattr(importlib.import_module(f"tests.faces.console.{module}"), name)(tmp_path)
    assert set(found) >= set(STORIES[story])
    assert {form: wrong for form, wrong in found.items() if wrong} == {}


def test_the_names_are_those_of_the_forms_and_the_stories_send_every_form() -> None:
    assert {"login", "role", "staff", "value", "words"} <= NAMES
    assert {form for forms in STORIES.values() for form in forms} | set(BESIDE) == set(ROUTES)


@pytest.mark.parametrize("route", [one for one in API if one.body is not None], ids=lambda one: one.name)
def test_a_body_of_the_api_with_a_member_more_is_no_question(route: Any) -> None:
    assert issubclass(route.body, shapes.Asked)
    assert route.body.__struct_config__.forbid_unknown_fields
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"is_admin": true}', type=route.body)
