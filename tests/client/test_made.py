"""The client has every route, and loads nothing that it does not need."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

import pytest

from lockhouse.access import tokens
from lockhouse.client.shapes import tokens as shapes
from lockhouse.faces.api.table import ROUTES
from tests.client.made import ROOM, files

ROOT = Path(__file__).parents[2]
_HEAVY = {"alembic", "apsw", "cedarpy", "cryptography", "cyclopts", "jinja2", "sqlalchemy", "starlette"}


def test_every_route_is_a_method_of_the_client() -> None:
    made = files()
    assert {path.name: path.read_text("utf-8") for path in ROOM.glob("*.py")} == made, "python -m tests.client.made"
    text = "\n".join(made.values())
    assert [route.name for route in ROUTES if f"def {route.name.replace('.', '_')}(" not in text] == []


def test_every_shape_of_the_api_stands_with_the_client() -> None:
    used = {kind for route in ROUTES for kind in (route.answer, route.query, route.body) if kind is not None}
    assert [one for one in used if not one.__module__.startswith("lockhouse.client.shapes.")] == []


@pytest.mark.parametrize("name", ["LIFE_DAYS", "MAX_DAYS", "OVERLAP_DAYS", "MAX_OVERLAP_DAYS", "MAX_LISTED"])
def test_what_a_token_may_be_is_the_same_on_both_sides(name: str) -> None:
    assert getattr(shapes, name) == getattr(tokens, name)


def test_the_client_loads_nothing_of_the_product_but_errors_and_secrets() -> None:
    code = "import sys, lockhouse.client; print(*{n for n in sys.modules if n.startswith('lockhouse')}, *sys.modules)"
    ended = run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    own = {name for name in loaded if name.startswith("lockhouse.") and not name.startswith("lockhouse.client")}
    assert own == {"lockhouse.errors", "lockhouse.secret"}
    assert loaded.isdisjoint(_HEAVY)
