"""Reading YAML into a tree that knows where each word stands, without constructing anything.

The tree is built from the parser's events: tags, anchors and aliases are refused, so no object is made and no
text grows. Everything wrong is collected in `Problems`, never raised one by one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from lockhouse.errors import Invalid
from lockhouse.policy.shown import shown

MAX_FILE_BYTES = 1 << 20
MAX_DEPTH = 12
REMEMBERED_CHARS = 1 << 16
"""Longer texts are read anew each time. A template is read for each draft of a house, and is shorter."""
UNPARSED = "something that does not parse"
_HALVES = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | bool | None"


@dataclass(frozen=True, slots=True)
class Spot:
    """A value and the place it stands at; mappings also know where each key stands."""

    value: dict[str, Spot] | list[Spot] | str | int | bool | None
    where: str
    keys: dict[str, str] = field(default_factory=dict)

    def plain(self) -> Plain:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: spot.plain() for key, spot in self.value.items()}
        if isinstance(self.value, list):
            return [spot.plain() for spot in self.value]
        return self.value


class Problems:
    """Everything wrong with a document, in the order of the text."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}
        self._again: set[str] = set()

    def add(self, where: str, expected: str, got: str = "") -> None:
        """Note one problem, once."""
        self._texts[f"{where}: expected {expected}" + (f", got {got}" if got else "")] = None

    def again(self, where: str, expected: str, word: str) -> None:
        """Note a key that stands twice: the first one counts, so that all else can still be checked."""
        known = set(self._texts)
        self.add(where, expected, f"{shown(word)} again")
        self._again |= set(self._texts) - known

    def join(self, others: Problems) -> None:
        """Note what others found, too."""
        self._texts |= others._texts
        self._again |= others._again

    @property
    def unreadable(self) -> bool:
        """Whether something is wrong that leaves the rest unsure."""
        return not self._again.issuperset(self._texts)

    def word(self, spot: Spot, known: Iterable[str], *, where: str = "", got: str | None = None) -> None:
        """Note an unknown word with the nearest known one."""
        words = sorted(known)
        text = got if got is not None else spot.value
        near = difflib.get_close_matches(str(text), words, n=1, cutoff=0.6)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        listed = ", ".join(words) if words else "nothing here"
        expected = f"one of {listed}" if len(words) != 1 else f"'{words[0]}'"
        self.add(where or spot.where, expected, f"{shown(text)}{hint}")

    def __bool__(self) -> bool:
        return bool(self._texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def stop(self) -> None:
        """Do nothing if there is nothing wrong.

        Raises:
            Invalid: with every problem found so far.
        """
        if not self._texts:
            return
        texts = tuple(sorted(self._texts, key=_place))
        where, _, rest = texts[0].partition(": expected ")
        expected, _, got = rest.partition(", got ")
        hint = f"{len(texts)} problems in all" if len(texts) > 1 else ""
        raise Invalid(where, expected, got=got, hint=hint, problems=texts)


def _place(text: str) -> tuple[str, int, int]:
    name, _, rest = text.partition(":")
    line, _, rest = rest.partition(":")
    column, _, _ = rest.partition(":")
    return name, int(line) if line.isdigit() else 0, int(column) if column.isdigit() else 0


def read(name: str, text: str, problems: Problems) -> Spot | None:
    """The tree of one file, or None when it cannot be read; what is wrong stands in `problems`."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FILE_BYTES:
        problems.add(f"{name}:1:1", "a file of at most 1 MiB", "a larger one")
        return None
    spot, found = (_remembered if len(text) <= REMEMBERED_CHARS else _read)(name, text)
    problems.join(found)
    return spot


def _read(name: str, text: str) -> tuple[Spot | None, Problems]:
    problems = Problems()
    try:
        return _Builder(name, problems).build(YAML(typ="safe", pure=True).parse(text)), problems
    except MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark is not None else f"{name}:1:1"
        tab = mark is not None and _is_tab(text, mark.line, mark.column)
        problems.add(where, "YAML" + ", which is indented by spaces" * tab, "a tab" if tab else UNPARSED)
    except (YAMLError, RecursionError, ValueError):
        problems.add(f"{name}:1:1", "YAML", UNPARSED)
    except _TooDeepError as err:
        problems.add(str(err), f"at most {MAX_DEPTH} levels", "a deeper one")
    return None, problems


_remembered = lru_cache(maxsize=32)(_read)


def _is_tab(text: str, line: int, column: int) -> bool:
    """Whether a tab stands where the parser stopped, or in the indent before it."""
    lines = text.splitlines()
    before = lines[line][: column + 1] if line < len(lines) else ""
    return before.endswith("\t") or (before[:-1].isspace() and "\t" in before)


class _TooDeepError(Exception):
    """Nesting beyond `MAX_DEPTH`; its text is the place."""


class _Builder:
    def __init__(self, name: str, problems: Problems) -> None:
        self._name = name
        self._problems = problems

    def build(self, events: Iterator[Any]) -> Spot | None:
        root: Spot | None = None
        for event in events:
            if isinstance(event, DocumentStartEvent) and root is not None:
                self._problems.add(self._where(event), "one document a file", "a second one")
                break
            if isinstance(event, (ScalarEvent, MappingStartEvent, SequenceStartEvent, AliasEvent)):
                root = self._value(event, events, 1)
        return root

    def _where(self, event: Any) -> str:
        return f"{self._name}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"

    def _value(self, event: Any, events: Iterator[Any], depth: int) -> Spot:
        where = self._where(event)
        if depth > MAX_DEPTH:
            raise _TooDeepError(where)
        if isinstance(event, AliasEvent):
            self._problems.add(where, "a plain value", "an alias")
            return Spot(None, where)
        if event.anchor is not None:
            self._problems.add(where, "a plain value", "an anchor")
        if event.tag is not None:
            self._problems.add(where, "a plain value", "a tag")
        if isinstance(event, ScalarEvent) and _HALVES.search(event.value):  # an escape can write what no text holds
            self._problems.add(where, "text in UTF-8", "half of a character")
            return Spot(None, where)
        if isinstance(event, MappingStartEvent):
            return self._mapping(where, events, depth)
        if isinstance(event, SequenceStartEvent):
            items: list[Spot] = []
            while not isinstance(item := next(events), SequenceEndEvent):
                items.append(self._value(item, events, depth + 1))
            return Spot(items, where)
        return Spot(_scalar(event.value, quoted=event.style is not None), where)

    def _mapping(self, where: str, events: Iterator[Any], depth: int) -> Spot:
        entries: dict[str, Spot] = {}
        keys: dict[str, str] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._value(event, events, depth + 1)
            value = self._value(next(events), events, depth + 1)
            if isinstance(key.value, (dict, list)) or key.value is None:
                self._problems.add(key.where, "a word as key", shown(key.value))
                continue
            word = str(event.value)
            if word in entries:
                self._problems.again(key.where, "each key once", word)
                continue
            entries[word] = value
            keys[word] = key.where
        return Spot(entries, where, keys)


def _scalar(text: str, *, quoted: bool) -> str | int | bool | None:
    """YAML 1.2 core scalars that a policy uses; fractions stay text, so that no float ever enters."""
    if quoted:
        return text
    if text in {"", "~", "null"}:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _INTEGER.match(text):
        return int(text)
    return text
