"""JSON Lines: one object a line, each key once. A column is a key, or a dotted path to a value below it."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

from lockhouse.channels.table.lines import MAX_ROW_CHARS, TOO_LONG, Lines
from lockhouse.model.table import Reject, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

OBJECT = "one JSON object on the line"
TWICE = "each key once"
UNFIT = "at most 32 levels, numbers in range and no NUL"
_MAX_DEPTH = 32
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**64 - 1


class _TwiceError(ValueError):
    """A key stands twice: one reader keeps the first, another the last."""


def json_rows(readline: Callable[[int], str], *, wanted: Sequence[str]) -> Iterator[Row | Reject]:
    """Every object of the file; an empty line is none.

    Args:
        readline: of the whole file as text.
        wanted: keys or dotted paths, handed on in this order.
    """
    lines = Lines(readline)
    paths = [(name, tuple(name.split("."))) for name in wanted]
    while True:
        lines.begin()
        text = next(lines, None)
        if text is None:
            return
        fault = lines.fault()
        if fault is None and not text.strip():
            continue
        tree = fault or _tree(text)
        if isinstance(tree, str):
            yield Reject(lines.first, tree, lines.line)
        else:
            yield Row(lines.first, _picked(tree, paths))


def tree_rows(
    trees: Iterable[dict[str, Any] | None], *, wanted: Sequence[str], first: int = 1
) -> Iterator[Row | Reject]:
    """The same of rows that were read already, by their number from `first` on; None is one that could not be."""
    paths = [(name, tuple(name.split("."))) for name in wanted]
    for number, tree in enumerate(trees, start=first):
        if tree is None:
            yield Reject(number, "values that JSON could say")
        elif not _fits(tree, _MAX_DEPTH):
            yield Reject(number, UNFIT)
        elif _length(tree) > MAX_ROW_CHARS:
            yield Reject(number, TOO_LONG)
        else:
            yield Row(number, _picked(tree, paths))


def _length(value: Any) -> int:
    """Characters of all its texts."""
    if isinstance(value, dict | list):
        return sum(map(_length, value.values() if isinstance(value, dict) else value))
    return len(value) if isinstance(value, str) else 1


def json_heads(readline: Callable[[int], str]) -> list[str]:
    """The keys of the first object that can be read; none where there is no such object."""
    lines = Lines(readline)
    lines.begin()
    for text in lines:
        tree = _tree(text) if lines.fault() is None else OBJECT
        if isinstance(tree, dict):
            return list(tree)
        lines.begin()
    return []


def _picked(tree: dict[str, Any], paths: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[object, ...]:
    """The values at these keys, or at these paths where there is no such key; None where there is nothing."""
    return tuple([tree[name] if name in tree else _dig(tree, path) for name, path in paths])


def _dig(tree: Any, path: tuple[str, ...]) -> Any:
    for segment in path:
        tree = tree.get(segment) if isinstance(tree, dict) else None
    return tree


def _tree(text: str) -> dict[str, Any] | str:
    try:
        tree = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
        json.dumps(tree, ensure_ascii=False).encode()  # half a character parses, but cannot be kept
    except _TwiceError:
        return TWICE
    except (ValueError, RecursionError):
        return OBJECT
    if not isinstance(tree, dict):
        return OBJECT
    return tree if _fits(tree, _MAX_DEPTH) else UNFIT


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _TwiceError
    return made


def _refuse(_word: str) -> Any:
    raise ValueError


def _fits(value: Any, depth: int) -> bool:
    if isinstance(value, dict | list):
        below = value.values() if isinstance(value, dict) else value
        return depth > 0 and all(_fits(one, depth - 1) for one in below)
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, int) or _MIN_INTEGER <= value <= _MAX_INTEGER
