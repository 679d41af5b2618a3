"""A channel's lines, put into a draft of a policy: beside what stands there, of which not a byte changes.

What the draft does not declare is left out of them: a field that nobody gave a purpose is dropped anyway. That nothing
else became of the draft is not hoped for but compared, before and after, as the policy is read.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ruamel.yaml import YAML

from lockhouse.errors import Conflict, Invalid
from lockhouse.policy import words
from lockhouse.policy.document import parse
from lockhouse.policy.reading import Problems, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockhouse.policy.document import Document
    from lockhouse.policy.reading import Plain

_INDENT: Final = 2
_INDENTED = re.compile(r"( +)[^ #\r\n]")
_WITHIN = re.compile(r"[ \t]|#|\r?\n")
"""How a line begins that belongs to the section above it, or to nothing."""
_ROOM: Final = 100
"""Characters a line: longer lists go on in the next."""

Tree = dict[str, dict[str, Any]]
"""Section -> its entries."""


class Planted(NamedTuple):
    """A draft with a channel more.

    Attributes:
        files: shown name -> text, all of them.
        file: the one that is new or longer.
        lines: what was put into it.
        left_out: what the draft does not declare and the lines therefore do not name, in words.
    """

    files: dict[str, str]
    file: str
    lines: str
    left_out: tuple[str, ...]


def planted(
    files: Mapping[str, str], *, stanza: str, name: str, folder: bool, templates: Callable[[str], str]
) -> Planted:  # fmt: skip
    """The draft with a channel of this name beside what it has.

    Args:
        files: shown name -> text of the draft.
        stanza: YAML with one channel, and its events.
        name: of the channel to be.
        folder: whether the draft is a folder: then the channel gets a file of its own.
        templates: as of `parse`.

    Raises:
        Invalid: the draft is not right, no channel can have this name, or the draft is written in a form that takes no
            lines; the hint has them.
        Conflict: the draft has such a channel.
    """
    if not words.LABEL.match(name):
        raise Invalid("channel name", "lower-case letters, digits, - and _, beginning with a letter", got="another")
    before = parse(files, templates=templates)
    if name in before.channels:
        raise Conflict(f"channel {name}: expected one that the draft does not have, got one that it has")
    wanted, left_out = _fitting(_plain(stanza), before, name=name)
    lines = "".join(f"{section}:\n{_dumped(entries, _INDENT)}" for section, entries in wanted.items())
    file = f"channel-{name}.yaml" if folder else min(files)
    if file in files and folder:
        raise Conflict(f"policy: expected no file {file} yet, got one")
    after = {**files, file: lines if folder else _into(files[file], wanted)}
    if not _is_that_and_no_more(after, before, wanted=wanted, templates=templates):
        where = " and ".join(f"`{section}:`" for section in wanted)
        raise Invalid("channels", "lines of its own for each channel and event", got="another form",
                      hint=f"add these by hand under {where}:\n{lines}")  # fmt: skip
    return Planted(after, file, lines, left_out)


def _plain(stanza: str) -> Tree:
    problems = Problems()
    spot = read("stanza", stanza, problems)
    problems.stop()
    tree: Any = spot.plain() if spot is not None else {}
    return tree  # type: ignore[no-any-return]  # a kind's own lines, which its tests read


def _fitting(stanza: Tree, draft: Document, *, name: str) -> tuple[Tree, tuple[str, ...]]:
    """The lines by what the draft declares, and what is left out of them. Events that it has stay its own."""
    left: list[str] = []
    events: dict[str, Any] = {}
    for event, fields in stanza.get("events", {}).items():
        if event not in draft.events:
            events[event] = [one for one in fields if one in draft.fields]
            left += [f"field {one} of {event}" for one in fields if one not in draft.fields]
    [body] = stanza["channels"].values()
    channel = dict(body)
    if "narrows" in channel:
        known = {one.name for one in draft.purposes.values() if one.refusable}
        left += [f"purpose {one} under narrows" for one in channel["narrows"] if one not in known]
        channel["narrows"] = [one for one in channel["narrows"] if one in known]
        if not channel["narrows"]:
            del channel["narrows"]
    return ({"events": events} if events else {}) | {"channels": {name: channel}}, tuple(left)


def _dumped(entries: Mapping[str, Any], indent: int) -> str:
    """Entries as lines of a section: lists and small mappings in one line."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # ruamel's own switch for key order
    yaml.width = _ROOM
    out = io.StringIO()
    yaml.dump(dict(entries), out)
    return "".join(f"{' ' * indent}{line}\n" for line in out.getvalue().splitlines())


def _into(text: str, wanted: Tree) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += end
    for section, entries in wanted.items():
        heads = [at for at, line in enumerate(lines) if re.match(rf"{section}[ \t]*:[ \t]*(?:#|\r?\n)", line)]
        first, last = _extent(lines, heads[0]) if heads else (len(lines), len(lines))
        found = next((_INDENTED.match(line) for line in lines[first:last] if _INDENTED.match(line)), None)
        new = _dumped(entries, len(found[1]) if found else _INDENT)
        lines[last:last] = [line + end for line in ([] if heads else [f"{section}:"]) + new.splitlines()]
    return "".join(lines)


def _extent(lines: list[str], head: int) -> tuple[int, int]:
    """From behind the head of a section to behind its last line; comments and gaps behind that are the next one's."""
    stop = head + 1
    while stop < len(lines) and _WITHIN.match(lines[stop]):
        stop += 1
    while stop > head + 1 and (lines[stop - 1].startswith("#") or not lines[stop - 1].strip()):
        stop -= 1
    return head + 1, stop


def _is_that_and_no_more(
    files: Mapping[str, str], before: Document, *, wanted: Tree, templates: Callable[[str], str]
) -> bool:  # fmt: skip
    try:
        after: Plain = parse(files, templates=templates).merged
    except Invalid:
        return False
    expected: dict[str, Any] = dict(before.merged)  # type: ignore[arg-type]  # a document is a mapping
    for section, entries in wanted.items():
        expected[section] = {**(expected.get(section) or {}), **entries}
    return after == expected
