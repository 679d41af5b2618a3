"""A form-encoded body as a tree: `data[merges][FNAME]=Anna` is `{"data": {"merges": {"FNAME": "Anna"}}}`."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from lockhouse.channels import codes
from lockhouse.model.event import Fault

MAX_FIELDS: Final = 500
MAX_NAME_CHARS: Final = 400
MAX_LEVELS: Final = 8
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]+\])*)")
_BAD = Fault(code=codes.BAD_ITEM, where="", expected="a form in UTF-8")
_TWICE = Fault(code=codes.TWICE_A_KEY, where="", expected="each field once")


def form_of(raw: bytes) -> dict[str, Any] | Fault:
    """The fields of a form, each once and at one level; a `Fault` if two readers could take it for two things."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:  # UnicodeDecodeError, too; what it says may hold what was sent
        return _BAD
    tree: dict[str, Any] = {}
    for name, text in pairs:
        fault = _put(tree, name, text)
        if fault is not None:
            return fault
    return tree


def _put(tree: dict[str, Any], name: str, text: str) -> Fault | None:
    found = _NAME.fullmatch(name) if len(name) <= MAX_NAME_CHARS else None
    if found is None:
        return _BAD
    path = [found[1], *found[2][1:-1].split("][")] if found[2] else [found[1]]
    if len(path) > MAX_LEVELS:
        return Fault(code=codes.ITEM_TOO_DEEP, where="", expected=f"at most {MAX_LEVELS} levels")
    for key in path[:-1]:
        below = tree.setdefault(key, {})
        if not isinstance(below, dict):
            return _TWICE
        tree = below
    if path[-1] in tree:
        return _TWICE
    tree[path[-1]] = text
    return None
