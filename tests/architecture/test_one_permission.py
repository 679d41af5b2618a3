"""One deed asks one permission, on every face: the command line, the API and the console.

What a command asks is read from its code: from the table of what is only read, or from the function itself and those of
its module that it calls.
"""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.faces.api.table import ROUTES
from lockhouse.faces.cli.app import tree
from lockhouse.faces.cli.duties import ALONE, READS
from lockhouse.faces.cli.elsewhere import ASKED
from lockhouse.faces.console.app import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

API = {route.name: route.needs.word for route in ROUTES if route.needs.kind == "permission"}
OTHERWISE = {
    "accept clock": "accept.clock", "accept restore": "accept.restore", "backup create": "backup.create",
}  # fmt: skip
"""Done by the machine's user alone, and by nobody over the API."""
CONSOLE = {
    "channel-key-end": "channel revoke",
    "channel-key-make": "channel add",
    "channel-key-rotate": "channel rotate",
    "channel-pause": "channel pause",
    "ledger": "ledger log",
    "ledger-checkpoint": "ledger checkpoint",
    "ledger-proof": "ledger prove",
    "policy-matrix": "policy matrix",
    "policy-propose": "policy propose",
    "recipient": "recipient show",
    "recipient-pause": "recipient pause",
    "recipient-replay": "recipient replay",
    "recipients": "recipient list",
    "channel": "channel show",
    "channels": "channel list",
    "staff": "staff list",
    "staff-invite": "staff invite",
    "staff-member": "staff show",
    "access-review": "staff access list",
    "access-review-open": "staff access open",
    "access-review-decide": "staff access decide",
    "access-review-sign": "staff access sign",
    "sessions-end": "staff session end",
    "token": "token show",
    "token-make": "token create",
    "token-revoke": "token revoke",
    "token-rotate": "token rotate",
}
"""Route of the console -> the command that does the same."""


def test_a_command_asks_for_the_permission_that_its_route_of_the_api_asks_for() -> None:
    asked = {name: one for name, one in _commands().items() if name in ASKED and name.replace(" ", ".") in API}
    told = {name: _asked(one, name) for name, one in asked.items()}
    assert len(told) > 50
    assert {name: words for name, words in told.items() if words != {API[name.replace(" ", ".")]}} == {}


def test_a_page_of_the_console_asks_for_the_permission_that_its_command_asks_for() -> None:
    commands = _commands()
    routes = {route.name: (page, route.endpoint.__name__) for page in PAGES for route in page.ROUTES}
    assert set(CONSOLE) <= set(routes)
    told = {
        name: (_required(*routes[name]), _asked(commands[command], command))
        for name, command in CONSOLE.items()
    }  # fmt: skip
    assert {name: both for name, both in told.items() if both[0] != both[1]} == {}


@pytest.mark.parametrize("name", sorted(OTHERWISE))
def test_what_no_route_has_still_asks(name: str) -> None:
    assert name in ALONE
    assert _asked(_commands()[name], name) == {OTHERWISE[name]}


def _commands() -> dict[str, Any]:
    """Command -> its function."""
    return dict(_walked(tree(), ()))


def _walked(app: Any, chain: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name in app:
        if not name.startswith("-"):
            one = app[name]
            if one.default_command:
                yield " ".join((*chain, name)), one.default_command
            yield from _walked(one, (*chain, name))


def _asked(command: Any, name: str) -> set[str]:
    """The permissions that a command asks for."""
    if name in READS:
        return {READS[name]}
    module, noun = import_module(command.__module__), name.partition(" ")[0]
    words = _words(module, _reached(module, command.__name__), called="allowed", at=1)
    return {word.replace("*", noun) for word in words}


def _required(page: ModuleType, function: str) -> set[str]:
    own = _words(page, [_functions(page)[function]], called="require", at=2)
    return own or _words(page, _reached(page, function), called="require", at=2)


def _words(module: ModuleType, bodies: Iterable[ast.AST], *, called: str, at: int) -> set[str]:
    """The texts that these hand to what is called so, at that place."""
    calls = [one for body in bodies for one in ast.walk(body) if isinstance(one, ast.Call)]
    return {
        _text(call.args[at], module)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == called and len(call.args) > at
    }


def _functions(module: ModuleType) -> dict[str, ast.AST]:
    body = ast.parse(inspect.getsource(module)).body
    return {one.name: one for one in body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def _reached(module: ModuleType, name: str) -> list[ast.AST]:
    """The function and those of its module that it calls."""
    functions, seen, left = _functions(module), dict[str, ast.AST](), [name]
    while left:
        one = left.pop()
        if one in functions and one not in seen:
            seen[one] = functions[one]
            left += [node.id for node in ast.walk(functions[one]) if isinstance(node, ast.Name)]
    return [*seen.values()]


def _text(node: ast.AST, module: ModuleType) -> str:
    """What an expression says: a text, a constant of a module, or a text with a hole, which is its noun."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "*" for one in node.values)
    value: Any = eval(compile(ast.Expression(node), "a constant", "eval"), vars(module))  # type: ignore[arg-type]  # noqa: S307
    assert re.fullmatch(r"[a-z]+\.[a-z_-]+", value)
    return str(value)
