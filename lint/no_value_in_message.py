"""no-value-in-message: an error or a log line names the field and the rule, never what a person typed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint.source import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lint.source import Source

VALUES = {
    "value", "values", "email", "mail", "phone", "raw", "payload", "plaintext", "plain", "text", "body", "content",
    "identifier", "address", "ip", "password", "passphrase", "secret", "token", "credential", "cookie", "traits",
}  # fmt: skip
# Methods that hand back the value, or most of it.
SAME = {"decode", "strip", "lower", "upper", "casefold", "hex", "encode", "format", "replace", "get"}
LOGS = {"log", "logger", "logging"}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log", "msg", "bind"}
ERRORS = {"err", "error", "exc", "problem", "fault", "refusal"}  # our errors' own text holds no value by this very rule


class NoValueInMessage:
    """Messages of raised errors and of logs are built from places and rules."""

    name = "no-value-in-message"

    def find(self, source: Source) -> Iterator[tuple[int, str]]:
        """Yield every value inside a message; `len(value)` and `type(value)` tell nothing and pass."""
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Raise) and node.exc is not None:
                yield from _in_message(node.exc, "an error")
            if isinstance(node, ast.Call) and _is_log(node.func):
                yield from _in_log(node)


def _in_message(message: ast.AST, kind: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(message):
        shown: list[ast.expr] = []
        if isinstance(node, ast.FormattedValue) or (isinstance(node, ast.keyword) and node.arg == "got"):
            shown = [node.value]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            shown = [*node.args, *(each.value for each in node.keywords)]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            shown = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        yield from ((each.lineno, f"{_named(each)} is shown in {kind}'s message") for each in shown if _named(each))


def _in_log(call: ast.Call) -> Iterator[tuple[int, str]]:
    for part in (*call.args, *(each.value for each in call.keywords)):
        yield from _in_message(part, "a log")
        if _named(part):
            yield part.lineno, f"{_named(part)} is written to a log"


def _named(node: ast.expr) -> str:
    """The name of the value an expression shows, or an empty string when it shows none."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in SAME:
            return _named(node.func.value)
        return _named(node.args[0]) if last_name(node.func) in {"str", "repr", "ascii"} and node.args else ""
    if isinstance(node, ast.Attribute) and last_name(node.value) in ERRORS:
        return ""
    name = last_name(node)
    return name if VALUES & set(name.lower().split("_")) else ""


def _is_log(func: ast.expr) -> bool:
    return (
        isinstance(func, ast.Attribute)
        and func.attr in LEVELS
        and last_name(func.value).lower().strip("_").split("_")[-1] in LOGS
    )
