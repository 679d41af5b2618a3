"""Writes the client's methods from the routes: `python -m tests.client.made`, one file a noun."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.client.shapes import Nothing
from lockhouse.faces.api.table import ROUTES

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Route

ROOM = Path(__file__).parents[2] / "src/lockhouse/client/calls"
RUFF = shutil.which("ruff") or str(Path(sys.executable).with_name("ruff"))
WIDTH = 110


def files() -> dict[str, str]:
    """Name -> text of each file of the room."""
    nouns: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        nouns[route.name.partition(".")[0].replace("-", "_")].append(route)
    made = {f"of_{noun}.py": _file(noun, routes) for noun, routes in nouns.items()}
    return {name: _formed(text) for name, text in (made | {"__init__.py": _room(sorted(nouns))}).items()}


def _file(noun: str, routes: list[Route]) -> str:
    head = f'"""What is asked of a house about: {noun}. Written by `python -m tests.client.made` from the routes."""'
    lines = [head, "", "from __future__ import annotations", ""]
    lines += ["from lockhouse.client import shapes", "from lockhouse.client.caller import Caller, Wanted", "", ""]
    lines += [f"class {_class(noun)}(Caller):", f'    """Routes of {noun}."""', ""]
    return "\n".join(lines) + "\n" + "\n".join(_method(route) for route in routes)


def _method(route: Route) -> str:
    name = route.name.replace(".", "_").replace("-", "_")
    kind, handed = _question(route)
    words = [f"{word}: str" for word in route.words]
    asked = [f"asked: shapes.{kind.__name__}" + (" | None = None" if handed == "query" else "")] if kind else []
    given = [*words[:2], *(["*", *words[2:]] if words[2:] else []), *asked]
    parts = [part[1:-1] if part.startswith("{") else f'"{part}"' for part in route.path.strip("/").split("/")]
    answer = f"shapes.{route.answer.__name__}"
    place = f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    wanted = [f'"{route.method}"', place, *(["once=True"] if route.changes else [])]
    passed = f", {handed}=asked" if kind else ", body=shapes.Nothing()" if route.body else ""
    return "\n".join([
        f"    def {name}({', '.join(['self', *given])}) -> {answer}:",
        f'        """{route.about}"""' if len(route.about) < WIDTH - 16 else _long(route.about),
        f"        return self.ask({answer}, Wanted({', '.join(wanted)}){passed})",
        "",
    ])  # fmt: skip


def _long(about: str) -> str:
    first, _, rest = about.partition(". ")
    if not rest:
        first, _, rest = about.rstrip(".").rpartition(", ")
        rest = f"{rest[0].upper()}{rest[1:]}."
    return f'        """{first}.\n\n        {rest}\n        """'


def _question(route: Route) -> tuple[type | None, str]:
    if route.body is not None:
        return (None if route.body is Nothing else route.body), "body"
    return (None if route.query is Nothing else route.query), "query"


def _class(noun: str) -> str:
    return "".join(part.capitalize() for part in noun.split("_")) + "Calls"


def _room(nouns: list[str]) -> str:
    lines = ['"""Every route as one method. Written by `python -m tests.client.made` from the routes."""', ""]
    lines += ["from __future__ import annotations", ""]
    lines += [f"from lockhouse.client.calls.of_{noun} import {_class(noun)}" for noun in nouns]
    lines += ["", "", f"class Calls({', '.join(_class(noun) for noun in nouns)}):", '    """All of them."""', ""]
    return "\n".join(lines)


def _formed(text: str) -> str:
    ended = subprocess.run(
        [RUFF, "format", "--stdin-filename", str(ROOM / "made.py"), "-"], input=text, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return ended.stdout


if __name__ == "__main__":
    for old in ROOM.glob("*.py"):
        old.unlink()
    for name, text in files().items():
        (ROOM / name).write_text(text, "utf-8")
